/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/style.h"

const char *style_tone(const struct text_style *style, enum text_tone tone)
{
    static const char *const sequences[] = {"\033[1m", "\033[1;32m", "\033[1;33m", "\033[1;31m",
                                            "\033[0m"};

    return style->colour ? sequences[tone] : "";
}
