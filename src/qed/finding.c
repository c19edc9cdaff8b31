/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/finding.h"

#include <errno.h>
#include <stdlib.h>

static const struct finding_row catalogue[FINDING_KINDS] = {
    [HEADER_SHORT] = {"header-short", SEVERITY_CORRUPTION,
                      "the file ends inside the 64 bytes of the header",
                      "the file was cut, or never was an image"},
    [HEADER_MAGIC] = {"header-magic", SEVERITY_CORRUPTION,
                      "the file does not begin with the magic number of QED",
                      "another format, or the start of the file was overwritten"},
    [HEADER_UNKNOWN_FEATURES] = {"header-unknown-features", SEVERITY_NOTE,
                                 "feature bits are set that no specification explains",
                                 "a newer format, or an overwritten header"},
    [HEADER_CLUSTER_SIZE] = {"header-cluster-size", SEVERITY_CORRUPTION,
                             "cluster_size is not a power of two from 4 KiB to 64 MiB",
                             "an overwritten header"},
    [HEADER_TABLE_SIZE] = {"header-table-size", SEVERITY_CORRUPTION,
                           "table_size is not a power of two from 1 to 16",
                           "an overwritten header"},
    [HEADER_IMAGE_SIZE_ODD] = {"header-image-size-odd", SEVERITY_CORRUPTION,
                               "image_size is not a multiple of 512", "an overwritten header"},
    [HEADER_IMAGE_SIZE_LIMIT] = {"header-image-size-limit", SEVERITY_CORRUPTION,
                                 "image_size is more than the tables can address",
                                 "an overwritten header, or one whose cluster_size or table_size "
                                 "was"},
    [HEADER_IMAGE_SIZE_QEMU] = {"header-image-size-qemu", SEVERITY_NOTE,
                                "image_size is allowed, but over a limit of qemu's, which does "
                                "not open the image",
                                "qemu computes its limit in 64 bits, where it wraps at this "
                                "geometry, or is bound to 63 bits"},
    [HEADER_L1_UNALIGNED] = {"header-l1-unaligned", SEVERITY_CORRUPTION,
                             "l1_table_offset is not a multiple of the cluster size",
                             "an overwritten header"},
    [HEADER_L1_IN_HEADER] = {"header-l1-in-header", SEVERITY_CORRUPTION,
                             "l1_table_offset points into the header clusters",
                             "an overwritten l1_table_offset or header_size"},
    [HEADER_L1_BEYOND_END] = {"header-l1-beyond-end", SEVERITY_CORRUPTION,
                              "the L1 table does not lie inside the file",
                              "the file was cut, or the header overwritten"},
    [HEADER_TABLE_SIZE_ONE] = {"header-table-size-one", SEVERITY_NOTE,
                               "table_size 1 is allowed, but qemu does not open such images",
                               "qemu-img create makes them all the same"},
    [HEADER_SIZE_ZERO] = {"header-size-zero", SEVERITY_CORRUPTION,
                          "header_size is 0, so that the header has no cluster of its own",
                          "an overwritten header; `qemu-img check -r` on it can destroy the "
                          "header"},
    [HEADER_SIZE_QEMU] = {"header-size-qemu", SEVERITY_NOTE,
                          "the header clusters take 4 GiB or more, and qemu does not open the "
                          "image",
                          "an overwritten header_size"},
    [HEADER_BACKING_OUTSIDE] = {"header-backing-outside", SEVERITY_CORRUPTION,
                                "the backing file name is not inside the header clusters",
                                "an overwritten header"},
    [HEADER_BACKING_LONG] = {"header-backing-long", SEVERITY_NOTE,
                             "the backing file name is longer than the 4095 bytes that qemu "
                             "reads, and qemu does not open the image",
                             "an overwritten header"},
    [HEADER_UNKNOWN_COMPAT] = {"header-unknown-compat", SEVERITY_NOTE,
                               "unknown compat_features bits are set",
                               "a newer writer; readers ignore them"},
    [HEADER_UNKNOWN_AUTOCLEAR] = {"header-unknown-autoclear", SEVERITY_NOTE,
                                  "unknown autoclear_features bits are set",
                                  "a newer writer; the next one that does not know them clears "
                                  "them"},
    [FINDING_L1_TABLE_SHARED] = {"l1-table-shared", SEVERITY_CORRUPTION,
                                 "the L1 table lies in the clusters of the header",
                                 "an overwritten header"},
    [FINDING_L1_INVALID] = {"l1-invalid", SEVERITY_CORRUPTION,
                            "L1 elements that cannot be the offset of a table",
                            "the L1 table was overwritten, or the file was cut"},
    [FINDING_TABLE_SHARED] = {"table-shared", SEVERITY_CORRUPTION,
                              "L1 elements that point at clusters which are in use already",
                              "a duplicated or stray pointer: two regions of the guest share "
                              "tables or data"},
    [FINDING_L2_INVALID] = {"l2-invalid", SEVERITY_CORRUPTION,
                            "L2 elements that cannot be the offset of a data cluster",
                            "the table was overwritten, or the file was cut"},
    [FINDING_DUPLICATE] = {"duplicate", SEVERITY_CORRUPTION,
                           "L2 elements that point at clusters which are in use already",
                           "an allocation was lost, for instance at a crash, and made again: two "
                           "guest regions share data, or data lie on metadata"},
    [FINDING_L1_UNREADABLE] = {"l1-unreadable", SEVERITY_CHECK_ERROR,
                               "L1 elements that cannot be read",
                               "a failing disk, or the file was cut while it was read; the tables "
                               "they point at stay unknown, and leaks with them"},
    [FINDING_L2_UNREADABLE] = {"l2-unreadable", SEVERITY_CHECK_ERROR,
                               "L2 elements that cannot be read",
                               "a failing disk, or the file was cut while it was read; where the "
                               "guest's data are stays unknown, and leaks with it"},
    [FINDING_LEAK] = {"leak", SEVERITY_LEAK, "clusters of the file that nothing refers to",
                      "an interrupted allocation, or zeroed or discarded clusters; harmless but "
                      "for the space"},
    [FINDING_NEED_CHECK] = {"need-check", SEVERITY_NOTE, "the image is marked as needing a check",
                            "it was not closed cleanly, or is open in a virtual machine"},
    [FINDING_IN_USE] = {"in-use", SEVERITY_NOTE,
                        "a process has the image open for writing; it was read all the same",
                        "findings may come from writes that were under way"},
    [FINDING_CHANGED] = {"changed", SEVERITY_NOTE, "the image changed while it was read",
                         "findings may come from writes that were under way; read it again"},
    [FINDING_BEYOND_IMAGE] = {"beyond-image", SEVERITY_NOTE,
                              "elements are in use past the end of the guest's view",
                              "image_size was made smaller or overwritten"},
    [FINDING_TAIL] = {"tail", SEVERITY_NOTE, "bytes follow the last whole cluster of the file",
                      "an interrupted write; they mean nothing"},
    [FINDING_QEMU_COUNTS] = {"qemu-counts", SEVERITY_NOTE,
                             "qemu-img's figures differ from the true ones",
                             "qemu-img 7.2 divides offsets by cluster_size - 1, which counts one "
                             "cluster too many as leaked for every cluster_size - 1 clusters of "
                             "the file and can miss a duplicate, and keeps counts in 32 bits"},
};

const struct finding_row *finding_row(enum finding_kind kind)
{
    return &catalogue[kind];
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"corruption", "leak", "note", "check-error"};

    return names[severity];
}

const char *reason_name(enum element_reason reason)
{
    static const char *const names[] = {"", "unaligned", "in-header", "beyond-end", "cut"};

    return names[reason];
}

const char *claimant_name(enum claimant_role role)
{
    static const char *const names[] = {"", "header", "l1-table", "l2-table", "data"};

    return names[role];
}

void findings_init(struct findings *findings, size_t keep)
{
    *findings = (struct findings){.keep = keep};
}

void findings_free(struct findings *findings)
{
    for (int kind = 0; kind < FINDING_KINDS; kind++)
        free(findings->kinds[kind].list);
    findings_init(findings, 0);
}

struct finding finding_make(enum finding_kind kind)
{
    return (struct finding){
        .kind = kind,
        .count = 1,
        .table_offset = FINDING_NOWHERE,
        .l1_index = FINDING_NOWHERE,
        .l2_index = FINDING_NOWHERE,
        .offset = FINDING_NOWHERE,
    };
}

/* Elements follow one another in L2 index, or in L1 index where there is none. */
static bool continues(const struct finding *last, const struct finding *next)
{
    if (last->count == 0 || last->kind != next->kind || last->reason != next->reason ||
        last->table_offset != next->table_offset || next->table_offset == FINDING_NOWHERE)
        return false;
    if (next->l2_index != FINDING_NOWHERE)
        return last->l1_index == next->l1_index && last->l2_index + last->count == next->l2_index;
    return (next->kind == FINDING_L1_INVALID || next->kind == FINDING_L1_UNREADABLE) &&
           last->l1_index + last->count == next->l1_index;
}

static int keep(struct findings *findings, const struct finding *finding, struct failure *why)
{
    struct finding_list *kind = &findings->kinds[finding->kind];
    struct finding *list;

    kind->places++;
    if (kind->kept == findings->keep)
        return 0;
    list = reallocarray(kind->list, kind->kept + 1, sizeof(*list));
    if (!list)
        return failure_set_errno(why, ENOMEM, "cannot keep findings");
    kind->list = list;
    list[kind->kept++] = *finding;
    return 0;
}

int findings_add(struct findings *findings, const struct finding *finding, struct failure *why)
{
    struct finding_list *kind = &findings->kinds[finding->kind];
    struct finding *last = &findings->last[finding->kind];

    kind->total += finding->count;
    if (!continues(last, finding)) {
        *last = *finding;
        return keep(findings, finding, why);
    }
    last->count += finding->count;
    last->guest_size += finding->guest_size;
    if (kind->kept == kind->places)
        kind->list[kind->kept - 1] = *last;
    return 0;
}

uint64_t findings_total(const struct findings *findings, enum severity severity)
{
    uint64_t total = 0;

    for (int kind = 0; kind < FINDING_KINDS; kind++) {
        if (catalogue[kind].severity == severity)
            total += findings->kinds[kind].total;
    }
    return total;
}
