/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/closing.h"

#include <inttypes.h>

#include "base/quote.h"
#include "bugreport/render/text.h"

/* The usual trackers, and the largest attachment that each takes. */
static const struct {
    const char *name;
    uint64_t limit; /* bytes */
} trackers[] = {
    {"GitHub (25 MB)", 25000000},
    {"GitLab (100 MiB)", 100 << 20},
    {"stock Bugzilla (1000 KB)", 1000 << 10},
};

#define TRACKERS (sizeof(trackers) / sizeof(trackers[0]))

/* Lists the trackers that take a file of this size, or that do not. */
static void print_trackers(FILE *out, const char *label, uint64_t size, bool takes)
{
    const char *separator = label;

    for (size_t i = 0; i < TRACKERS; i++) {
        if ((size <= trackers[i].limit) != takes)
            continue;
        fprintf(out, "%s%s", separator, trackers[i].name);
        separator = ", ";
    }
    if (separator != label)
        fprintf(out, "\n");
}

static void print_verdict(FILE *out, const struct record *record, const struct text_style *style)
{
    fprintf(out, "  verdict:           %s%s%s (%" PRIu64 " corruptions, ",
            style_tone(style, text_tone_of(record)), verdict_name(record->verdict),
            style_tone(style, TONE_END), record->corruptions);
    if (record->leaks == RECORD_UNKNOWN)
        fprintf(out, "leaks unknown)");
    else
        fprintf(out, "%" PRIu64 " leaks)", record->leaks);
    fprintf(out, "%s\n", record->dirty_flag ? ", marked dirty" : "");
}

static void print_copy(FILE *out, const struct record *record, const struct text_style *style)
{
    fprintf(out, "  copy:              ");
    if (!record->copy.present)
        fprintf(out, "none: the header allows no copy, and the bundle holds reports only\n");
    else if (record->copy.identical)
        fprintf(out, "%sidentical%s: qemu-img check says the same of it\n",
                style_tone(style, TONE_GOOD), style_tone(style, TONE_END));
    else
        fprintf(out,
                "%sdiffers%s: qemu-img check says something else of it; report.txt tells "
                "why\n",
                style_tone(style, TONE_WARN), style_tone(style, TONE_END));
}

void closing_print(FILE *out, const struct closing *closing, const struct text_style *style)
{
    char size[TEXT_SIZE_SIZE];

    fprintf(out, "%s%s%s: %s\n", style_tone(style, TONE_HEADING), QUOTE(closing->archive),
            style_tone(style, TONE_END), text_size(size, closing->size));
    print_trackers(out, "  small enough:      ", closing->size, true);
    print_trackers(out, "  too large for:     ", closing->size, false);
    fprintf(out, "  sha256:            %s\n", closing->sha256);
    print_verdict(out, closing->record, style);
    print_copy(out, closing->record, style);
}
