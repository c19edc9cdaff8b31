/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_REQUEST_H
#define QED_TOOL_REQUEST_H

#include "qed-tool/dice.h"
#include "qed-tool/plan.h"
#include "qed/audit.h"

/* The kinds of invalid offset that can be planted. */
enum invalid_kind { INVALID_BEYOND_END, INVALID_UNALIGNED, INVALID_IN_HEADER, INVALID_TABLE };

struct undo;

/* What a write command is asked to do. Each planner reads the members that it says. */
struct request {
    enum table_level level; /* duplicate, invalidate */
    enum invalid_kind kind; /* invalidate */
    bool has_at;            /* duplicate, invalidate: the element to overwrite is given */
    uint64_t at_l1, at_l2;
    bool draws;    /* something is drawn at random */
    uint64_t seed; /* what the dice began with */
    struct dice dice;
    uint64_t cluster, count; /* zerocluster: guest clusters */
    bool need_check;         /* need_check: what it shall be */
    const struct undo *undo; /* undo */
};

/*
 * A planner adds to a plan the writes that a request asks for, from a source and its audit, which
 * audit_can_copy(). It adds none where all is as it should be already. Returns 0, -1 where it
 * refuses, or 1 where what was drawn at random is of no use and another draw may be.
 */
typedef int planner(struct plan *plan, struct source *source, const struct audit *audit,
                    struct request *request, struct failure *why);

/* Makes an element equal another live one: level, at, dice. */
planner plan_duplicate;

/* Puts an invalid offset into an element: level, kind, at, dice. */
planner plan_invalidate;

/* Makes zero clusters of guest clusters: cluster, count. */
planner plan_zerocluster;

/* Sets or clears the need-check bit. */
planner plan_need_check;

/* Puts back the bytes that an undo file holds. */
planner plan_undo;

#endif
