/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "oracle.h"

#include <err.h>

#include "qed/format.h"

static void write_range(FILE *file, const char **comma, uint64_t offset, uint64_t size)
{
    fprintf(file, "%s[%ju, %ju]", *comma, (uintmax_t)offset, (uintmax_t)size);
    *comma = ", ";
}

static bool is_metadata(const struct extent *extent)
{
    return extent->kind == EXTENT_HEADER || extent->kind == EXTENT_L1 || extent->kind == EXTENT_L2;
}

static void write_extents(FILE *file, const struct image *image, bool metadata)
{
    const char *comma = "";

    for (size_t i = 0; i < image->extent_count; i++) {
        const struct extent *extent = &image->extents[i];

        if (is_metadata(extent) != metadata)
            continue;
        /* The rest of the header clusters belongs to nobody, and is not to be copied. */
        write_range(file, &comma, extent->offset,
                    extent->kind == EXTENT_HEADER ? QED_HEADER_SIZE : extent->size);
    }
}

static void write_planted(FILE *file, const struct damage *damage)
{
    for (size_t i = 0; i < damage->planted_count; i++)
        fprintf(file, "%s[%ju, \"%016jx\"]", i ? ", " : "", (uintmax_t)damage->planted[i].offset,
                (uintmax_t)damage->planted[i].value);
}

bool oracle_write(const char *path, const struct damage *damage)
{
    FILE *file = fopen(path, "we");
    const char *comma = "";
    bool good;

    if (!file) {
        warn("%s", path);
        return false;
    }
    fputs("{\"metadata\": [", file);
    write_extents(file, damage->image, true);
    fputs("],\n \"overwritten\": [", file);
    for (size_t i = 0; i < damage->overwritten_count; i++)
        write_range(file, &comma, damage->overwritten[i].offset, damage->overwritten[i].size);
    fputs("],\n \"planted\": [", file);
    write_planted(file, damage);
    fputs("],\n \"guest\": [", file);
    write_extents(file, damage->image, false);
    fputs("]}\n", file);
    good = !ferror(file);
    if (fclose(file) || !good) {
        warn("%s", path);
        return false;
    }
    return true;
}
