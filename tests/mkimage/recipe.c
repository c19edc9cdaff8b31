/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recipe.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "directive.h"

static const struct directive *find(const struct directive *table, const char *name)
{
    for (; table->name; table++)
        if (!strcmp(table->name, name))
            return table;
    return NULL;
}

static bool laid_out(const struct recipe *recipe)
{
    return recipe->image->extent_count > 0;
}

/* Finds the directive and brings the image into the stage that it needs. */
static const struct directive *prepare(struct recipe *recipe, const char *name)
{
    const struct directive *directive = find(directives_geometry, name);
    bool needs_image = false;

    if (directive && laid_out(recipe)) {
        warnx("%s must come before the image has any content", name);
        return NULL;
    }
    if (directive)
        return directive;
    directive = find(directives_edit, name);
    if (!directive) {
        directive = find(directives_content, name);
        needs_image = true;
    }
    if (!directive || (needs_image && recipe->raw)) {
        warnx(directive ? "%s makes no sense in a raw file" : "unknown directive %s", name);
        return NULL;
    }
    if (!laid_out(recipe) && !recipe->raw && !image_lay_out(recipe->image))
        return NULL;
    return directive;
}

static bool obey(struct recipe *recipe, char *line)
{
    const struct directive *directive;
    struct words words;

    if (!words_split(line, &words)) {
        warnx("too many words, or a quote or escape that is none");
        return false;
    }
    if (!words.count)
        return true;
    directive = prepare(recipe, words.at[0].text);
    if (!directive)
        return false;
    if (words.count - 1 < directive->min || words.count - 1 > directive->max) {
        warnx("wrong number of words after %s", directive->name);
        return false;
    }
    return directive->obey(recipe, &words);
}

bool recipe_build(struct image *image, FILE *file, const char *name)
{
    struct recipe recipe = {.image = image, .prng = {1}};
    char *line = NULL;
    size_t room = 0, number = 0;
    bool good = false;

    image->geometry = (struct geometry){
        .cluster_size = 65536, .table_size = 4, .header_size = 1, .image_size = 1 << 30};
    while (getline(&line, &room, file) > 0) {
        number++;
        if (!obey(&recipe, line)) {
            warnx("%s: line %zu", name, number);
            goto out;
        }
    }
    if (ferror(file)) {
        warn("%s", name);
        goto out;
    }
    good = recipe.raw || laid_out(&recipe) || image_lay_out(image);
out:
    free(line);
    free(recipe.backing);
    image->geometry.backing = NULL;
    return good;
}
