/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/quote.h"
#include "qed-tool/number.h"
#include "qed-tool/proposal.h"
#include "qed-tool/tool.h"

/* The request in bytes, turned into clusters when the image's cluster size is known. */
static int plan_bytes(struct plan *plan, struct source *source, const struct audit *audit,
                      struct request *request, struct failure *why)
{
    struct request clusters = *request;

    if (request->cluster >= audit->header.image_size)
        return failure_set(why, "position %llu: the image has %llu bytes",
                           (unsigned long long)request->cluster,
                           (unsigned long long)audit->header.image_size);
    clusters.cluster /= audit->geometry.cluster_size;
    return plan_zerocluster(plan, source, audit, &clusters, why);
}

int cmd_zerocluster(const struct options *options, struct failure *why)
{
    const char *pos = options->words[0];
    const char *count = options->word_count > 1 ? options->words[1] : "1";
    struct request request = {0};
    bool by_cluster = pos[0] == '@';

    if (!number_parse(pos + by_cluster, &request.cluster))
        return failure_set(why, "position %s: give bytes, as in 1M, or a cluster, as in @17",
                           QUOTE(pos));
    if (!number_parse(count, &request.count))
        return failure_set(why, "count %s: give a number of clusters", QUOTE(count));
    return run_edit(options, by_cluster ? plan_zerocluster : plan_bytes, &request, false, why);
}
