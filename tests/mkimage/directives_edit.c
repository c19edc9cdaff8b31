/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directive.h"

#include <err.h>

#include "field.h"

static bool do_set(struct recipe *recipe, const struct words *words)
{
    const struct field *field = field_find(words->at[1].text);
    uint64_t value;

    if (!field) {
        warnx("no header field: %s", words->at[1].text);
        return false;
    }
    return value_parse(recipe->image, words->at[2].text, &value) &&
           field_set(recipe->image, field, value);
}

static bool do_poke64(struct recipe *recipe, const struct words *words)
{
    uint64_t offset, value;

    return value_parse(recipe->image, words->at[1].text, &offset) &&
           value_parse(recipe->image, words->at[2].text, &value) &&
           image_put64(recipe->image, offset, value);
}

static bool do_text(struct recipe *recipe, const struct words *words)
{
    uint64_t offset;

    return value_parse(recipe->image, words->at[1].text, &offset) &&
           image_write(recipe->image, offset, words->at[2].text, words->at[2].size);
}

static bool do_file_size(struct recipe *recipe, const struct words *words)
{
    uint64_t size;

    return value_parse(recipe->image, words->at[1].text, &size) &&
           image_resize(recipe->image, size);
}

static bool do_cut(struct recipe *recipe, const struct words *words)
{
    uint64_t size;

    return directive_number(&words->at[1], recipe->image->size, &size) &&
           image_resize(recipe->image, recipe->image->size - size);
}

const struct directive directives_edit[] = {
    {"set", 2, 2, do_set},   {"poke64", 2, 2, do_poke64},
    {"text", 2, 2, do_text}, {"file-size", 1, 1, do_file_size},
    {"cut", 1, 1, do_cut},   {0},
};
