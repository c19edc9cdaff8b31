/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/image.h"

#include <inttypes.h>

#include "base/quote.h"
#include "qedscrub/status.h"

static int refuse_not_qed(const struct image *image, struct failure *why)
{
    uint64_t size = map_source(image->map)->size;

    if (size < QED_HEADER_SIZE)
        failure_set(why,
                    "%s: not a QED image: %" PRIu64 " bytes, a header takes %d; give -f qed to "
                    "report on it all the same",
                    QUOTE(image->path), size, QED_HEADER_SIZE);
    else
        failure_set(why,
                    "%s: not a QED image: no magic at offset 0x0; give -f qed to report on it all "
                    "the same",
                    QUOTE(image->path));
    return STATUS_NOT_QED;
}

static bool is_qed(const struct audit *audit)
{
    return !header_has(audit->header_faults, HEADER_SHORT) &&
           !header_has(audit->header_faults, HEADER_MAGIC);
}

int image_open(struct image *image, const char *path, const struct options *options,
               struct failure *why)
{
    *image = (struct image){.path = path};
    if (map_open(&image->map, path, why))
        return STATUS_FAILED;
    image->in_use = map_in_use(image->map) > 0;
    if (!image->in_use || options->force_share)
        return STATUS_OK;
    failure_set(why,
                "%s: is in use, perhaps by a virtual machine; stop that, or give -U to read it all "
                "the same",
                QUOTE(path));
    return STATUS_FAILED;
}

int image_audit(struct image *image, const struct options *options, struct failure *why)
{
    struct audit_options audit_options = {options->max_findings, image->in_use};

    if (audit_run(&image->audit, map_source(image->map), &audit_options, why)) {
        failure_prefix(why, image->path);
        return STATUS_FAILED;
    }
    return options->assume_qed || is_qed(&image->audit) ? STATUS_OK : refuse_not_qed(image, why);
}

void image_close(struct image *image)
{
    audit_free(&image->audit);
    map_close(image->map);
}
