/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/option_rows.h"

#include <stddef.h>

#include "qedscrub/commands.h"

#define FLAG(letter, name, member, commands, help)                                                 \
    {                                                                                              \
        letter, name, NULL, commands, offsetof(struct options, member), NULL, help                 \
    }

#define VALUE(letter, name, argument, member, commands, help)                                      \
    {                                                                                              \
        letter, name, argument, commands, 0, option_set_##member, help                             \
    }

const struct option_row option_rows[] = {
    VALUE('o', "archive", "FILE", archive, COMMAND_PACK,
          "the bundle to write; DIR/: one bundle per image; -: standard output"),
    FLAG(0, "force", force, COMMAND_PACK, "replace an existing bundle (never an image)"),
    FLAG(0, "dry-run", dry_run, COMMAND_PACK, "say what would be packed, write nothing"),
    VALUE(0, "label", "TEXT", label, COMMAND_PACK, "name of the folder in the bundle (qedscrub)"),
    FLAG(0, "keep-names", keep_names, COMMAND_PACK, "tell the image's own name in the report"),
    FLAG(0, "keep-backing-name", keep_backing_name, COMMAND_PACK,
         "keep the name of the backing file in report and copy"),
    FLAG(0, "faithful", faithful, COMMAND_PACK,
         "keep offsets in suspect tables too: they can be the guest's"),
    VALUE('j', "jobs", "N", jobs, COMMAND_PACK, "threads (one for each core, up to 8)"),
    VALUE(0, "deflate", "HOW", deflate, COMMAND_PACK,
          "tables: made for tables (default); zlib: zlib at its fastest"),
    VALUE(0, "output", "FORMAT", output, COMMAND_INFO, "human (default), json or html"),
    VALUE(0, "max-findings", "N", max_findings, COMMAND_ALL, "findings listed of each kind (8)"),
    VALUE('f', "format", "qed", assume_qed, COMMAND_ALL,
          "take the file for a QED image, whatever it begins with"),
    FLAG('U', "force-share", force_share, COMMAND_ALL, "read an image although it is in use"),
    FLAG('q', "quiet", quiet, COMMAND_PACK, "say nothing unless something is wrong"),
    FLAG(0, "no-sandbox", no_sandbox, COMMAND_ALL,
         "read images without the protection of a sandbox"),
    FLAG('h', "help", help, COMMAND_ALL, "this help"),
    FLAG(0, "version", version, COMMAND_ALL, "version and licence"),
    {0},
};

const struct command_row command_rows[] = {
    {"pack", COMMAND_PACK, cmd_pack, "[pack] IMAGE... -o ARCHIVE|DIR/|-",
     "Packs a report and a copy of the metadata, without guest data, for a bug tracker."},
    {"info", COMMAND_INFO, cmd_info, "info IMAGE",
     "Shows header, dirty flag, allocation, fragmentation and consistency of an image."},
    {0},
};

const struct command_row *command_row_of(enum command command)
{
    const struct command_row *row = command_rows;

    while (row->command != command)
        row++;
    return row;
}
