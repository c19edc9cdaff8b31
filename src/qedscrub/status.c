/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/status.h"

#include <stddef.h>

/* Whatever is not in the list is taken for a failure. */
static size_t gravity(int status)
{
    static const int order[] = {STATUS_OK,    STATUS_NOT_QED, STATUS_LIMIT,
                                STATUS_LEAKS, STATUS_FAILED,  STATUS_CORRUPT};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (order[i] == status)
            return i;
    }
    return gravity(STATUS_FAILED);
}

int status_worse(int a, int b)
{
    return gravity(a) >= gravity(b) ? a : b;
}
