/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulk.h"
#include "corrupt.h"
#include "number.h"
#include "qed/format.h"
#include "random.h"
#include "recipe.h"

#define USAGE                                                                                      \
    "usage: mkimage RECIPE OUT | --random SEED OUT [options] | --layout LAYOUT --virtual SIZE "    \
    "OUT [options] | --list-corruptions | --list-guests"

/* Sector by sector up to the largest size that the format can address with 64 bits. */
#define MAX_VIRTUAL (UINT64_C(1) << 62)

enum mode { MODE_RECIPE, MODE_RANDOM, MODE_LAYOUT, MODE_LIST_CORRUPTIONS, MODE_LIST_GUESTS };

struct options {
    enum mode mode;
    struct random_wish wish;
    struct bulk bulk;
    struct geometry geometry;
    struct prng prng;
    bool size_given;
};

enum option_code {
    OPTION_RANDOM = 1,
    OPTION_CORRUPT,
    OPTION_GUEST,
    OPTION_MAX_FILE,
    OPTION_ORACLE,
    OPTION_LAYOUT,
    OPTION_VIRTUAL,
    OPTION_CLUSTER_SIZE,
    OPTION_TABLE_SIZE,
    OPTION_ALLOCATED,
    OPTION_CLUMP,
    OPTION_SEED,
    OPTION_LIST_CORRUPTIONS,
    OPTION_LIST_GUESTS,
};

static bool power_of_two(const char *text, uint64_t min, uint64_t max, uint32_t *value)
{
    uint64_t number;

    if (!number_parse(text, min, max, &number) || (number & (number - 1)))
        return false;
    *value = (uint32_t)number;
    return true;
}

static bool take_random(struct options *options, int option, const char *value)
{
    struct random_wish *wish = &options->wish;

    switch (option) {
    case OPTION_RANDOM:
        options->mode = MODE_RANDOM;
        return number_parse(value, 0, UINT64_MAX, &wish->seed);
    case OPTION_CORRUPT:
        wish->corruptions_given = true;
        return number_parse(value, 0, 1000, &wish->corruptions);
    case OPTION_GUEST:
        wish->guest = guest_find(value);
        return wish->guest;
    case OPTION_MAX_FILE:
        return number_parse(value, RANDOM_MIN_FILE, INT64_MAX, &wish->max_file);
    default:
        wish->oracle = value;
        return true;
    }
}

static bool take_layout(struct options *options, int option, const char *value)
{
    switch (option) {
    case OPTION_LAYOUT:
        options->mode = MODE_LAYOUT;
        return layout_parse(value, &options->bulk.layout);
    case OPTION_VIRTUAL:
        options->size_given = true;
        return number_parse(value, 0, MAX_VIRTUAL, &options->geometry.image_size) &&
               options->geometry.image_size % QED_SECTOR_SIZE == 0;
    case OPTION_CLUSTER_SIZE:
        return power_of_two(value, QED_MIN_CLUSTER_SIZE, QED_MAX_CLUSTER_SIZE,
                            &options->geometry.cluster_size);
    case OPTION_TABLE_SIZE:
        return power_of_two(value, QED_MIN_TABLE_SIZE, QED_MAX_TABLE_SIZE,
                            &options->geometry.table_size);
    case OPTION_ALLOCATED:
        return number_parse(value, 0, 100, &options->bulk.percent);
    case OPTION_CLUMP:
        return number_parse(value, 1, UINT32_MAX, &options->bulk.clump);
    default:
        return number_parse(value, 0, UINT64_MAX, &options->prng.state);
    }
}

static bool take(struct options *options, int option, const char *value)
{
    if (option == OPTION_LIST_CORRUPTIONS)
        options->mode = MODE_LIST_CORRUPTIONS;
    else if (option == OPTION_LIST_GUESTS)
        options->mode = MODE_LIST_GUESTS;
    else if (option >= OPTION_LAYOUT)
        return take_layout(options, option, value);
    else
        return take_random(options, option, value);
    return true;
}

static void parse(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"random", required_argument, NULL, OPTION_RANDOM},
        {"corrupt", required_argument, NULL, OPTION_CORRUPT},
        {"guest", required_argument, NULL, OPTION_GUEST},
        {"max-file", required_argument, NULL, OPTION_MAX_FILE},
        {"oracle", required_argument, NULL, OPTION_ORACLE},
        {"layout", required_argument, NULL, OPTION_LAYOUT},
        {"virtual", required_argument, NULL, OPTION_VIRTUAL},
        {"cluster-size", required_argument, NULL, OPTION_CLUSTER_SIZE},
        {"table-size", required_argument, NULL, OPTION_TABLE_SIZE},
        {"allocated", required_argument, NULL, OPTION_ALLOCATED},
        {"clump", required_argument, NULL, OPTION_CLUMP},
        {"seed", required_argument, NULL, OPTION_SEED},
        {"list-corruptions", no_argument, NULL, OPTION_LIST_CORRUPTIONS},
        {"list-guests", no_argument, NULL, OPTION_LIST_GUESTS},
        {0},
    };
    int option, index;

    while ((option = getopt_long(argc, argv, "", known, &index)) != -1) {
        if (option == '?')
            exit(EXIT_FAILURE);
        if (!take(options, option, optarg))
            errx(EXIT_FAILURE, "--%s: bad value %s", known[index].name, optarg);
    }
}

static int list_corruptions(void)
{
    const struct corruption *kind;

    for (size_t i = 0; (kind = corruption_nth(i)); i++)
        puts(kind->name);
    return EXIT_SUCCESS;
}

static int list_guests(void)
{
    for (const struct guest_kind *kind = guest_kinds; kind->name; kind++)
        printf("%-10s %s\n", kind->name, kind->summary);
    return EXIT_SUCCESS;
}

static bool from_recipe(struct image *image, const char *name)
{
    bool standard = !strcmp(name, "-");
    FILE *file = standard ? stdin : fopen(name, "re");
    bool good;

    if (!file) {
        warn("%s", name);
        return false;
    }
    good = recipe_build(image, file, name);
    if (!standard)
        fclose(file);
    return good;
}

static bool from_layout(struct image *image, struct options *options)
{
    struct bulk *bulk = &options->bulk;
    const struct geometry *geometry = &options->geometry;
    uint64_t tables;

    image->geometry = *geometry;
    if (!image_lay_out(image) || !bulk_fill(image, bulk, &options->prng))
        return false;
    tables = image_count(image, EXTENT_L2);
    printf("{\"clusters\": %ju, \"allocated\": %ju, \"fragmented\": %ju, \"l2-tables\": %ju, "
           "\"metadata-bytes\": %ju, \"file-size\": %ju}\n",
           (uintmax_t)bulk->clusters, (uintmax_t)bulk->allocated, (uintmax_t)bulk->fragmented,
           (uintmax_t)tables,
           (uintmax_t)(geometry->header_size * (uint64_t)geometry->cluster_size +
                       (1 + tables) * image->table_bytes),
           (uintmax_t)image->size);
    return true;
}

static bool build(struct image *image, struct options *options, char **names)
{
    switch (options->mode) {
    case MODE_RANDOM:
        return random_build(image, &options->wish);
    case MODE_LAYOUT:
        return from_layout(image, options);
    default:
        return from_recipe(image, names[0]);
    }
}

static bool make(struct options *options, char **names)
{
    const char *out = options->mode == MODE_RECIPE ? names[1] : names[0];
    struct image image;
    bool good;

    if (!image_create(&image, out))
        return false;
    good = build(&image, options, names);
    if (!image_close(&image) || !good) {
        unlink(out);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {
        .wish = {.max_file = RANDOM_DEFAULT_FILE},
        .bulk = {.percent = 100, .clump = 1},
        .geometry = {.cluster_size = 65536, .table_size = 4, .header_size = 1},
        .prng = {1},
    };

    parse(&options, argc, argv);
    if (options.mode == MODE_LIST_CORRUPTIONS)
        return list_corruptions();
    if (options.mode == MODE_LIST_GUESTS)
        return list_guests();
    if (argc - optind != (options.mode == MODE_RECIPE ? 2 : 1) ||
        (options.mode == MODE_LAYOUT && !options.size_given))
        errx(EXIT_FAILURE, "%s", USAGE);
    if (!make(&options, argv + optind))
        return EXIT_FAILURE;
    if (fflush(stdout) || ferror(stdout))
        err(EXIT_FAILURE, "standard output");
    return EXIT_SUCCESS;
}
