/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: audits ROUNDS IMAGE...      audits the images in turn, ROUNDS times, in one process, and
 *                                    prints what one audit costs
 *        audits --compare IMAGE...   audits each by a survey, by several threads, and in qemu's
 *                                    order, and fails if that makes any difference
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "qed/map.h"
#include "tests/unit/same_audit.h"

static void audit_image(const char *path, const struct audit_options *options, struct audit *audit)
{
    struct failure why = {0};
    struct map *map;

    if (map_open(&map, path, &why) || audit_run(audit, map_source(map), options, &why))
        errx(EXIT_FAILURE, "%s: %s", path, why.text);
    map_close(map);
}

static int compare(char **paths)
{
    const struct audit_options quick = {.keep = 8, .atlas = true},
                               side_by_side = {.keep = 8, .jobs = 3, .atlas = true},
                               slow = {.keep = 8, .in_order = true, .atlas = true};
    struct audit *audits = calloc(3, sizeof(*audits));
    int status = EXIT_SUCCESS;

    if (!audits)
        errx(EXIT_FAILURE, "no memory");
    for (; *paths; paths++) {
        audit_image(*paths, &quick, &audits[0]);
        audit_image(*paths, &side_by_side, &audits[1]);
        audit_image(*paths, &slow, &audits[2]);
        for (unsigned i = 0; i < 2; i++) {
            const char *difference = audit_difference(&audits[i], &audits[2]);

            if (difference) {
                warnx("%s: the %s %s", *paths, difference, i ? "of threads" : "of a survey");
                status = EXIT_FAILURE;
            }
        }
        for (unsigned i = 0; i < 3; i++)
            audit_free(&audits[i]);
    }
    free(audits);
    return status;
}

static double seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int measure(unsigned long rounds, int count, char **paths)
{
    const struct audit_options options = {.keep = 8};
    struct audit *audit = malloc(sizeof(*audit));
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    double audits = (double)rounds * count;

    if (!audit)
        errx(EXIT_FAILURE, "no memory");
    for (unsigned long round = 0; round < rounds; round++) {
        for (int i = 0; i < count; i++) {
            audit_image(paths[i], &options, audit);
            audit_free(audit);
        }
    }
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("{\"audits-per-second\": %.1f, \"cpu-us-per-audit\": %.1f}\n", audits / wall,
           cpu / audits * 1e6);
    free(audit);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc > 2 && !strcmp(argv[1], "--compare"))
        return compare(argv + 2);
    if (argc > 2 && strtoul(argv[1], NULL, 10) > 0)
        return measure(strtoul(argv[1], NULL, 10), argc - 2, argv + 2);
    errx(EXIT_FAILURE, "usage: audits ROUNDS | --compare IMAGE...");
}
