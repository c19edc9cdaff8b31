/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_SURVEY_READ_H
#define QED_SURVEY_READ_H

#include "qed/source.h"
#include "qed/survey.h"

/*
 * Surveys an image, table by table in the order of the file, by up to jobs threads. True: the
 * figures of the survey hold, and all pointers and elements are valid. False: that is not so, or
 * something could not be read, and who wants to know more has to walk.
 */
bool survey_read(struct survey *survey, struct source *source, unsigned jobs);

#endif
