/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "base/quote.h"
#include "qed-tool/hex.h"
#include "qed-tool/undo.h"

/* Neighbouring writes share an entry up to this size, in bytes. */
#define MOST_ENTRY_BYTES 4096

/* Takes the writes from *at on that follow one another. NULL if memory ran out. */
static json_t *encode_entry(const struct plan *plan, size_t *at)
{
    const struct plan_write *write = &plan->writes[*at];
    uint64_t offset = write->offset, end = offset;
    char old[2 * MOST_ENTRY_BYTES + 1], new[2 * MOST_ENTRY_BYTES + 1];
    size_t size = 0;

    while (*at < plan->count && write->offset == end && size + write->size <= MOST_ENTRY_BYTES) {
        hex_encode(write->before, write->size, old + 2 * size);
        hex_encode(write->after, write->size, new + 2 * size);
        size += write->size;
        end = offset + size;
        write = &plan->writes[++*at];
    }
    return json_pack("{s:I, s:s, s:s}", "offset", (json_int_t)offset, "old", old, "new", new);
}

static json_t *encode(const struct plan *plan, const struct stat *image)
{
    json_t *writes = json_array();
    bool good = writes;

    for (size_t at = 0; good && at < plan->count;)
        good = !json_array_append_new(writes, encode_entry(plan, &at));
    if (!good) {
        json_decref(writes);
        return NULL;
    }
    return json_pack("{s:s, s:{s:I, s:I, s:I}, s:o}", "schema", "qed-tool-undo/1", "image",
                     "length", (json_int_t)image->st_size, "device", (json_int_t)image->st_dev,
                     "inode", (json_int_t)image->st_ino, "writes", writes);
}

static int save_text(const char *path, const char *text, const struct stat *image,
                     struct failure *why)
{
    struct output_options options = {.inputs = image, .input_count = 1};
    struct output *output;

    if (output_open(&output, path, &options, why))
        return -1;
    if (output_write(output, text, strlen(text), why) || output_write(output, "\n", 1, why)) {
        output_discard(output);
        return -1;
    }
    return output_commit(output, why);
}

int undo_save(const char *path, const struct plan *plan, const struct stat *image,
              struct failure *why)
{
    json_t *root = encode(plan, image);
    char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    int result;

    json_decref(root);
    if (!text)
        return failure_set_errno(why, ENOMEM, "%s: cannot make an undo file", QUOTE(path));
    result = save_text(path, text, image, why);
    free(text);
    return result;
}
