/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/verdict.h"

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"consistent", "leaks", "corrupt", "unsupported",
                                        "unreadable"};

    return names[verdict];
}

int verdict_exit_status(enum verdict verdict)
{
    static const int statuses[] = {0, 3, 2, 63, 1};

    return statuses[verdict];
}
