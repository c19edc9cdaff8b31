/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/readme.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bugreport/render/text.h"
#include "bugreport/template.h"
#include "bugreport/templates.h"

static void describe_check(const struct qemu_check *check, char *line, size_t size)
{
    if (check->fails)
        snprintf(line, size, "%s, exit status %d", check->error, check->exit_status);
    else if (check->opens)
        snprintf(line, size, "%" PRId32 " corruptions, %" PRId32 " leaks, exit status %d",
                 check->corruptions, check->leaks, check->exit_status);
    else
        snprintf(line, size, "does not open it (%s)", check->error);
}

static char *copy_text(const struct record *record, const char *label, struct failure *why)
{
    char size[TEXT_SIZE_SIZE], data[TEXT_SIZE_SIZE], check[160];
    struct gap gaps[] = {
        {"SIZE", text_size(size, record->file_size), NULL},
        {"DATA", text_size(data, record->copy.data_bytes), NULL},
        {"LABEL", label, NULL},
        {"CHECK", check, NULL},
        {"BACKING", "No backing file is named in it.", NULL},
        {0},
    };

    if (record->copy.backing_name_kept)
        gaps[4].text = "The name of its backing file was kept at the reporter's wish; "
                       "qemu-img opens that\nfile, or fails where it is missing.";
    else if (record->has_backing_file)
        gaps[4].text = "The name of its backing file was\nremoved too, which changes nothing "
                       "for qemu-img check.";
    describe_check(&record->copy.qemu, check, sizeof(check));
    return template_text(templates_copy, gaps, NULL, why);
}

char *readme_text(const struct record *record, const char *label, struct failure *why)
{
    bool has_copy = record->copy.present;
    char *copy = has_copy ? copy_text(record, label, why) : strdup(templates_nocopy);
    char *text = NULL;
    struct gap gaps[] = {
        {"VERSION", QEDSCRUB_VERSION, NULL},
        {"CONTENTS",
         has_copy ? "It holds what is needed to debug the image's metadata, and a "
                    "sparse copy of that metadata."
                  : "It holds a report, but no copy of the image.",
         NULL},
        {"IMAGE_FILE", has_copy ? "  image.qed      the image's metadata, without its data\n" : "",
         NULL},
        {"IMAGE_STEP",
         has_copy
             ? "  3. image.qed with your own tools: a QED image with the "
               "metadata of\n     the original and holes for all else. See below how to unpack "
               "it.\n"
             : "",
         NULL},
        {"COPY", copy, NULL},
        {0},
    };

    if (copy)
        text = template_text(templates_readme, gaps, NULL, why);
    else
        failure_set_errno(why, ENOMEM, "cannot make README.txt");
    free(copy);
    return text;
}
