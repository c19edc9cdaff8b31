/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_AUDIT_PARTS_H
#define QED_AUDIT_PARTS_H

#include "qed/audit.h"
#include "qed/survey.h"

/* The parts of an audit, for audit_run() and one another. */

/* Begins the inventory anew, with the L1 table. */
int audit_begin_inventory(struct audit *audit, struct failure *why);

/* Takes down in the inventory what a step of a walk tells of tables and their words. */
int audit_take_inventory(struct audit *audit, const struct walk_step *step, struct failure *why);

/* Charts a table, of whose clusters some were claimed before. */
void audit_chart_table(struct audit *audit, enum atlas_use use, uint64_t offset, uint64_t taken);

/* Begins the atlas with what every image has; of the L1 table clusters were claimed before. */
int audit_begin_atlas(struct audit *audit, uint64_t l1_taken, struct failure *why);

/* Charts the clusters that nobody claimed. */
void audit_chart_leaks(struct audit *audit, const struct claims *claims);

/* Lists the first of the clusters that nobody claimed, audit->leaks in all. */
int audit_list_leaks(struct audit *audit, const struct claims *claims, struct failure *why);

/* The true figures and all findings about tables, by walking: right for every image. */
int audit_walk(struct audit *audit, struct source *source, const struct audit_options *options,
               struct failure *why);

/* Whether a survey is possible: the header leads to an L1 table and has a cluster of its own. */
bool audit_can_survey(const struct audit *audit);

/* Begins inventory, atlas (if one is wanted) and survey. survey_free() is due, also if it fails. */
int audit_begin_survey(struct audit *audit, struct survey *survey, bool atlas, struct failure *why);

/* Takes over the inventory and the atlas of a feed that is done; false if it gave up. */
bool audit_take_feed(struct audit *audit, struct audit_feed *feed);

/*
 * The same by a survey, which is quicker, and enough for images with nothing wrong: 1. 0: it takes
 * a walk; -1 failed.
 */
int audit_survey(struct audit *audit, struct source *source, const struct audit_options *options,
                 struct failure *why);

/* What qemu-img would count, after the true figures are known. */
int audit_predict_qemu(struct audit *audit, struct source *source, struct failure *why);

#endif
