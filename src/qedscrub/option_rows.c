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
    VALUE('o', "archive", "FILE", archive, COMMAND_PACK | COMMAND_RESTORE,
          "the bundle to write; DIR/: one bundle per image; -: standard output\n"
          "(restore: the image to write)"),
    VALUE(0, "fill", "offset", fill, COMMAND_RESTORE,
          "write into each data cluster its own position in the guest's view"),
    FLAG(0, "force", force, COMMAND_PACK | COMMAND_FLEET,
         "replace an existing bundle or report (never an image)"),
    VALUE(0, "only", "LIST", only, COMMAND_PACK,
          "of many images pack only those that are\n"
          "corrupt,leaks,dirty; all (default)"),
    FLAG(0, "dry-run", dry_run, COMMAND_PACK, "say what would be packed, write nothing"),
    VALUE(0, "label", "TEXT", label, COMMAND_PACK, "name of the folder in the bundle (qedscrub)"),
    FLAG(0, "keep-names", keep_names, COMMAND_PACK, "tell the image's own name in the report"),
    FLAG(0, "keep-backing-name", keep_backing_name, COMMAND_PACK,
         "keep the name of the backing file in report and copy"),
    FLAG(0, "host-facts", host_facts, COMMAND_PACK,
         "tell kernel, architecture and distribution in ISSUE.md"),
    FLAG(0, "faithful", faithful, COMMAND_PACK,
         "keep offsets in suspect tables too: they can be the guest's"),
    FLAG(0, "no-verify", no_verify, COMMAND_PACK, "publish a bundle without verifying it"),
    VALUE('j', "jobs", "N", jobs,
          COMMAND_PACK | COMMAND_INFO | COMMAND_VERIFY | COMMAND_RESTORE | COMMAND_AUDIT,
          "threads (one for each core, up to 8), or processes\n"
          "that audit (one for each core)"),
    VALUE(0, "deflate", "HOW", deflate, COMMAND_PACK,
          "tables: made for tables (default); zlib: zlib at its fastest"),
    VALUE(0, "against", "IMAGE", against, COMMAND_VERIFY,
          "compare with the original too: words and verdict"),
    VALUE(0, "output", "FORMAT", output, COMMAND_INFO | COMMAND_DIFF | COMMAND_FLEET,
          "human (default), json or html; of many images ndjson,\ncsv, junit, openmetrics, "
          "markdown, github too"),
    FLAG(0, "map", map, COMMAND_INFO | COMMAND_AUDIT,
         "info: draw guest's disk and file (by itself where the\nterminal has room); audit: keep "
         "small maps in records"),
    VALUE(0, "color", "WHEN", color, COMMAND_IMAGES, "auto (default), always or never"),
    VALUE(0, "max-findings", "N", max_findings, COMMAND_IMAGES, "findings listed of each kind (8)"),
    VALUE('f', "format", "qed", assume_qed, COMMAND_IMAGES,
          "take the file for a QED image, whatever it begins with"),
    FLAG('U', "force-share", force_share, COMMAND_IMAGES | COMMAND_VERIFY,
         "read an image although it is in use"),
    FLAG('p', "progress", show_progress, COMMAND_ALL,
         "lines of progress where there is no terminal too"),
    FLAG('q', "quiet", quiet, COMMAND_PACK | COMMAND_VERIFY | COMMAND_RESTORE | COMMAND_AUDIT,
         "say nothing unless something is wrong"),
    FLAG(0, "no-sandbox", no_sandbox, COMMAND_ALL,
         "read images without the protection of a sandbox"),
    VALUE(0, "files0-from", "FILE", files0_from, COMMAND_AUDIT | COMMAND_PACK,
          "take what FILE names, each name ended by a NUL;\n"
          "-: standard input"),
    FLAG(0, "cross-mounts", cross_mounts, COMMAND_AUDIT | COMMAND_PACK,
         "enter other file systems below the folders named"),
    VALUE(0, "shard", "K/N", shard, COMMAND_AUDIT, "audit the K-th of N parts of the images only"),
    VALUE(0, "resume", "RECORDS", resume, COMMAND_AUDIT,
          "take from an earlier run what is the same file still"),
    VALUE(0, "journal", "FILE", journal, COMMAND_AUDIT,
          "append each record to FILE at once, and take from it what\n"
          "a run that was killed has left there"),
    VALUE(0, "timeout", "SECONDS", timeout, COMMAND_AUDIT | COMMAND_PACK,
          "give up on an image that takes longer (no limit)"),
    VALUE(0, "report", "FORMAT=FILE", report, COMMAND_FLEET,
          "write a report to a file too; any number of times"),
    VALUE(0, "max-fragmentation", "PCT", max_fragmentation, COMMAND_FLEET,
          "fail if more of the clusters are fragmented"),
    VALUE(0, "max-leaked", "SIZE", max_leaked, COMMAND_FLEET,
          "fail if more is leaked in an image (0); 64K, 2G"),
    VALUE(0, "fail-on", "LIST", fail_on, COMMAND_FLEET,
          "fail on corrupt,leaks,unreadable,unsupported,\n"
          "fragmentation (which are the default),dirty,in-use"),
    VALUE(0, "baseline", "RECORDS", baseline, COMMAND_FLEET, "fail only on what is new since then"),
    FLAG(0, "exit-zero", exit_zero, COMMAND_FLEET, "exit with 0 whatever the images are"),
    FLAG(0, "timings", timings, COMMAND_FLEET, "tell how long each image took"),
    FLAG('h', "help", help, COMMAND_ALL, "this help"),
    FLAG(0, "version", version, COMMAND_ALL, "version and licence"),
    {0},
};

const struct command_row command_rows[] = {
    {"pack", COMMAND_PACK, cmd_pack, "[pack] IMAGE|DIR... -o ARCHIVE|OUT/|-",
     "Packs a report and a copy of the metadata, without guest data, for a bug tracker.",
     "qedscrub image.qed -o bug.tar.gz", NULL},
    {"info", COMMAND_INFO, cmd_info, "info IMAGE|BUNDLE",
     "Shows header, dirty flag, allocation, fragmentation and consistency of an image.",
     "qedscrub info image.qed", NULL},
    {"audit", COMMAND_AUDIT, cmd_audit, "audit PATH...",
     "Examines all QED images in folders, side by side, and reports on them in any format.",
     "qedscrub audit images/ --report junit=qed.xml --report html=qed.html", NULL},
    {"verify", COMMAND_VERIFY, cmd_verify, "verify BUNDLE [--against IMAGE]",
     "Proves, from a bundle alone, that it holds no guest data.", "qedscrub verify bug.tar.gz",
     "0 proved; 1 not, or not to be read"},
    {"restore", COMMAND_RESTORE, cmd_restore, "restore BUNDLE -o IMAGE",
     "Writes the image of a bundle as a sparse file.", "qedscrub restore bug.tar.gz -o copy.qed",
     "0 written; 1 failed, then nothing was"},
    {"merge", COMMAND_MERGE, cmd_merge, "merge RECORDS...",
     "Puts records of many images together and reports on them in any format.",
     "qedscrub merge part-*.ndjson --output=html > fleet.html", NULL},
    {"diff", COMMAND_DIFF, cmd_diff, "diff BEFORE AFTER",
     "Shows what changed between two images, bundles, or files with records.",
     "qedscrub diff monday.tar.gz image.qed", "as of diff(1): 0 the same; 1 different; 2 trouble"},
    {0},
};

const struct command_row *command_row_of(enum command command)
{
    const struct command_row *row = command_rows;

    while (row->command != command)
        row++;
    return row;
}
