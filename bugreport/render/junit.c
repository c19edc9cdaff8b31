/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/render/escape.h"
#include "bugreport/render/formats.h"
#include "bugreport/render/words.h"

/*
 * Four tests for each image. A test fails where the run fails on one of its causes; a cause that
 * does not count, or that the baseline knows, makes it a skipped one, which says why.
 */
struct test {
    const char *name;
    unsigned causes;
};

static const struct test tests[] = {
    {"consistency",
     1u << CAUSE_CORRUPT | 1u << CAUSE_UNREADABLE | 1u << CAUSE_UNSUPPORTED | 1u << CAUSE_IN_USE},
    {"leaks", 1u << CAUSE_LEAKS},
    {"fragmentation", 1u << CAUSE_FRAGMENTATION},
    {"need-check", 1u << CAUSE_DIRTY},
};

#define TESTS (sizeof(tests) / sizeof(tests[0]))

enum result { RESULT_PASSED, RESULT_FAILED, RESULT_ERROR, RESULT_SKIPPED, RESULTS };

static enum result result_of(const struct fleet *fleet, const struct fleet_entry *entry,
                             const struct test *test)
{
    unsigned failing = policy_failing(&fleet->policy, entry) & test->causes;

    if (failing)
        return failing & ~(1u << CAUSE_UNREADABLE) ? RESULT_FAILED : RESULT_ERROR;
    if (entry->status != ENTRY_OK || entry->causes & test->causes)
        return RESULT_SKIPPED;
    return RESULT_PASSED;
}

/* Why a test did not pass, in one line. */
static void print_message(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry,
                          const struct test *test)
{
    if (entry->status != ENTRY_OK) {
        fputs(words_outcome(entry), out);
        if (entry->message) {
            fputs(": ", out);
            escape_text(out, entry->message, escape_put_xml);
        }
        return;
    }
    words_reasons(out, fleet, entry, entry->causes & test->causes);
}

/* The kinds of findings behind it. */
static void print_findings(FILE *out, const struct record *record)
{
    for (unsigned kind = 0; kind < FINDING_KINDS; kind++) {
        const struct finding_row *row = finding_row((enum finding_kind)kind);

        if (!record->kinds[kind] || row->severity == SEVERITY_NOTE)
            continue;
        fprintf(out, "%s, %" PRIu64 " times: ", row->name, record->kinds[kind]);
        escape_text(out, row->text, escape_put_xml);
        fputs("\n", out);
    }
}

static void print_test(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry,
                       const struct test *test)
{
    static const char *const elements[RESULTS] = {"", "failure", "error", "skipped"};
    enum result result = result_of(fleet, entry, test);
    bool timed = entry->has_seconds && test == tests;

    fprintf(out, "    <testcase name=\"%s\" classname=\"", test->name);
    escape_text(out, entry->record.filename, escape_put_xml);
    fprintf(out, "\" time=\"%.3f\"", timed ? entry->seconds : 0);
    if (result == RESULT_PASSED) {
        fputs("/>\n", out);
        return;
    }
    fprintf(out, ">\n      <%s message=\"", elements[result]);
    print_message(out, fleet, entry, test);
    if (result == RESULT_SKIPPED) {
        fputs("\"/>\n    </testcase>\n", out);
        return;
    }
    fputs("\" type=\"", out);
    words_causes(out, policy_failing(&fleet->policy, entry) & test->causes, " ");
    fputs("\">", out);
    print_findings(out, &entry->record);
    fprintf(out, "</%s>\n    </testcase>\n", elements[result]);
}

static void count_results(const struct fleet *fleet, uint64_t counts[RESULTS])
{
    for (size_t i = 0; i < fleet->count; i++) {
        for (size_t test = 0; test < TESTS; test++)
            counts[result_of(fleet, &fleet->entries[i], &tests[test])]++;
    }
}

/* A run that is not complete has not passed, whatever its images are. */
static void print_completeness(FILE *out, const struct fleet *fleet)
{
    fputs("    <testcase name=\"complete\" classname=\"audit\" time=\"0.000\"", out);
    if (fleet_is_complete(fleet)) {
        fputs("/>\n", out);
        return;
    }
    fputs(">\n      <error message=\"not all images were examined\" type=\"incomplete\">", out);
    words_missing(out, fleet, "");
    fputs("</error>\n    </testcase>\n", out);
}

int render_junit(FILE *out, const struct fleet *fleet, const struct render_options *options,
                 struct failure *why)
{
    uint64_t counts[RESULTS] = {0}, all = TESTS * fleet->count + 1;
    struct fleet_totals totals;

    (void)options;
    (void)why;
    count_results(fleet, counts);
    counts[RESULT_ERROR] += !fleet_is_complete(fleet);
    fleet_total(fleet, &totals);
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites>\n"
            "  <testsuite name=\"qedscrub audit\" tests=\"%" PRIu64 "\" failures=\"%" PRIu64
            "\" errors=\"%" PRIu64 "\" skipped=\"%" PRIu64 "\" time=\"%.3f\">\n",
            all, counts[RESULT_FAILED], counts[RESULT_ERROR], counts[RESULT_SKIPPED],
            totals.seconds);
    for (size_t i = 0; i < fleet->count; i++) {
        for (size_t test = 0; test < TESTS; test++)
            print_test(out, fleet, &fleet->entries[i], &tests[test]);
    }
    print_completeness(out, fleet);
    fputs("  </testsuite>\n</testsuites>\n", out);
    return 0;
}
