/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the input for a number and for a place as people type them, for a number and for the
 * attributes of a tar archive. Aborts where a number that was read is not the one that is written.
 */
#include <inttypes.h>
#include <stdio.h>

#include "bugreport/unpack/tar_header.h"
#include "qed-tool/number.h"
#include "tests/fuzz/fuzz.h"

/* A number in decimal, as long as it has no suffix. */
static void check_number(const char *text, uint64_t number)
{
    size_t digits = strspn(text, "0123456789");
    char again[32];

    snprintf(again, sizeof(again), "%" PRIu64, number);
    if (text[digits] == '\0')
        demand(!strcmp(again, text + strspn(text, "0") - (number == 0)));
    demand(number_parse(again, &number));
    snprintf(again, sizeof(again), "0x%" PRIx64, number);
    demand(number_parse(again, &number));
}

static void check_place(const char *text)
{
    uint64_t l1, l2, number;
    bool has_l2;

    if (!number_parse_at(text, &l1, &has_l2, &l2))
        return;
    demand(has_l2 == (strchr(text, ':') != NULL));
    if (!has_l2)
        demand(number_parse(text, &number) && number == l1 && l2 == 0);
}

static void check_tar(const char *text, size_t size)
{
    struct tar_attributes attributes;
    struct failure why = {0};
    uint64_t number, same;

    if (tar_number(text, size, &number)) {
        demand(number <= INT64_MAX);
        if (size == strlen(text) && size > 0)
            demand(number_parse(text, &same) && same == number);
    }
    if (!tar_attributes_decode(text, size, &attributes, &why))
        demand(memchr(attributes.path, '\0', sizeof(attributes.path)) != NULL);
    else
        demand(why.text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    uint64_t number;

    demand(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (number_parse(text, &number))
        check_number(text, number);
    check_place(text);
    check_tar(text, size);
    free(text);
    return 0;
}
