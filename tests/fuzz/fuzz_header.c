/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the input for the first bytes of a file: four bytes say how long it is, the rest is what it
 * holds. Aborts where a header does not encode to the bytes that it was decoded from, is called
 * sound but has no geometry, or its record does not come back from JSON as it was.
 */
#include "bugreport/record_from_json.h"
#include "bugreport/render/json.h"
#include "qed/audit.h"
#include "tests/fuzz/fuzz.h"

static void check_judgement(const unsigned char bytes[QED_HEADER_SIZE], uint64_t file_size)
{
    unsigned char again[QED_HEADER_SIZE];
    struct header header;
    struct geometry geometry;
    uint32_t faults;

    header_decode(bytes, &header);
    header_encode(&header, again);
    demand(!memcmp(bytes, again, sizeof(again)));
    faults = header_judge(&header, file_size);
    demand(!(faults >> HEADER_FAULTS));
    if (!header_sound(faults))
        return;
    demand(header_geometry(&header, file_size, &geometry));
    demand(geometry.file_end <= file_size + QED_SECTOR_SIZE);
    demand(header.l1_table_offset >= geometry.header_end || header.header_size == 0);
    demand(header.l1_table_offset % geometry.cluster_size == 0);
    demand(geometry.total_clusters <= (uint64_t)geometry.nelems * geometry.nelems);
}

static void check_record(const struct audit *audit)
{
    struct record record, again;
    struct failure why = {0};
    json_t *object, *other;

    demand(!record_make(&record, audit, "image.qed", &why));
    object = json_record(&record, &why);
    demand(object != NULL);
    demand(!record_from_json(&again, object, &why));
    other = json_record(&again, &why);
    demand(other && json_equal(object, other));
    json_decref(object);
    json_decref(other);
    record_free(&record);
    record_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct audit_options options = {.keep = 2};
    struct input input = {data, size};
    uint64_t high = take16(&input), file_size = high << 16 | take16(&input);
    static struct audit audit;
    struct memory_source image;
    struct failure why = {0};

    memory_source_init(&image, file_size,
                       input.size > QED_HEADER_SIZE ? input.size : QED_HEADER_SIZE);
    memcpy(image.bytes, input.data, input.size);
    check_judgement(image.bytes, file_size);
    check_judgement(image.bytes, file_size << 31);
    if (image.stored > file_size)
        image.stored = file_size;
    image.grain = 64;
    demand(!audit_run(&audit, &image.source, &options, &why));
    check_record(&audit);
    audit_free(&audit);
    memory_source_free(&image);
    return 0;
}
