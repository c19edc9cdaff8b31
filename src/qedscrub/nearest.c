/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/nearest.h"

#include <stdint.h>
#include <string.h>

#define MOST 63

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

size_t nearest_distance(const char *a, const char *b)
{
    /* Of the first i letters of a and the first j of b; only three rows of that are needed. */
    size_t rows[3][MOST + 1];
    size_t a_length = strlen(a), b_length = strlen(b);

    if (a_length > MOST || b_length > MOST)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3], *last = rows[(i - 1) % 3];
        const size_t *before = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1, SIZE_MAX);
        }
    }
    return rows[a_length % 3][b_length];
}

bool nearest_try(struct nearest *nearest, const char *candidate)
{
    size_t distance = nearest_distance(nearest->typed, candidate);

    if (distance > (strlen(nearest->typed) + 2) / 3 ||
        (nearest->word && distance >= nearest->distance))
        return false;
    nearest->word = candidate;
    nearest->distance = distance;
    return true;
}
