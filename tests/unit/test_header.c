/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/header.h"

#include "base/bytes.h"
#include "tests/unit/memory_source.h"
#include "tests/unit/unit.h"

#define MIB       (UINT64_C(1) << 20)
#define FILE_SIZE (64 * MIB)

static const struct header sound = {
    .magic = QED_MAGIC,
    .cluster_size = 65536,
    .table_size = 4,
    .header_size = 2,
    .features = QED_F_BACKING_FILE,
    .l1_table_offset = 2 * 65536,
    .image_size = UINT64_C(1) << 40,
    .backing_filename_offset = 100,
    .backing_filename_size = 50,
};

static void random_bytes(struct prng *prng, unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)prng_next(prng);
}

static void decode_and_encode_are_inverse(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        unsigned char bytes[QED_HEADER_SIZE], again[QED_HEADER_SIZE];
        struct header header;

        random_bytes(&prng, bytes, sizeof(bytes));
        header_decode(bytes, &header);
        header_encode(&header, again);
        assert_memory_equal(bytes, again, sizeof(bytes));
    }
}

static void every_byte_matters(void **state)
{
    unsigned char zeros[QED_HEADER_SIZE] = {0};
    struct header nothing;

    (void)state;
    header_decode(zeros, &nothing);
    for (size_t i = 0; i < QED_HEADER_SIZE; i++) {
        unsigned char bytes[QED_HEADER_SIZE] = {0}, again[QED_HEADER_SIZE];
        struct header header;

        bytes[i] = 0x80;
        header_decode(bytes, &header);
        assert_memory_not_equal(&header, &nothing, sizeof(header));
        header_encode(&header, again);
        assert_memory_equal(bytes, again, sizeof(bytes));
    }
}

/* The header of the specification's order, spelled out. */
static void fields_stand_where_they_should(void **state)
{
    unsigned char bytes[QED_HEADER_SIZE] = "QED";
    struct header header;

    (void)state;
    for (unsigned char i = 4; i < QED_HEADER_SIZE; i++)
        bytes[i] = i;
    header_decode(bytes, &header);
    assert_int_equal(header.magic, QED_MAGIC);
    assert_int_equal(header.cluster_size, 0x07060504);
    assert_int_equal(header.table_size, 0x0b0a0908);
    assert_int_equal(header.header_size, 0x0f0e0d0c);
    assert_int_equal(header.features, UINT64_C(0x1716151413121110));
    assert_int_equal(header.compat_features, UINT64_C(0x1f1e1d1c1b1a1918));
    assert_int_equal(header.autoclear_features, UINT64_C(0x2726252423222120));
    assert_int_equal(header.l1_table_offset, UINT64_C(0x2f2e2d2c2b2a2928));
    assert_int_equal(header.image_size, UINT64_C(0x3736353433323130));
    assert_int_equal(header.backing_filename_offset, 0x3b3a3938);
    assert_int_equal(header.backing_filename_size, 0x3f3e3d3c);
}

/* One field spoiled, and the faults that come of it; no_fault means none. */
#define SPOIL(field, value, fault)                                                                 \
    {                                                                                              \
#field " = " #value, offsetof(struct header, field), sizeof(sound.field), (value), fault   \
    }
#define NO_FAULT HEADER_FAULTS

static const struct spoil {
    const char *what;
    size_t at, size;
    uint64_t value;
    enum header_fault fault;
} spoils[] = {
    SPOIL(magic, 0, HEADER_MAGIC),
    SPOIL(magic, QED_MAGIC ^ 0x80000000u, HEADER_MAGIC),
    SPOIL(features, 8, HEADER_UNKNOWN_FEATURES),
    SPOIL(features, UINT64_C(1) << 63, HEADER_UNKNOWN_FEATURES),
    SPOIL(features, 7, NO_FAULT),
    SPOIL(cluster_size, 0, HEADER_CLUSTER_SIZE),
    SPOIL(cluster_size, 2048, HEADER_CLUSTER_SIZE),
    SPOIL(cluster_size, 65537, HEADER_CLUSTER_SIZE),
    SPOIL(cluster_size, 3 * 65536, HEADER_CLUSTER_SIZE),
    SPOIL(cluster_size, 128 << 20, HEADER_CLUSTER_SIZE),
    SPOIL(cluster_size, UINT32_MAX, HEADER_CLUSTER_SIZE),
    SPOIL(table_size, 0, HEADER_TABLE_SIZE),
    SPOIL(table_size, 1, HEADER_TABLE_SIZE_ONE),
    SPOIL(table_size, 2, NO_FAULT),
    SPOIL(table_size, 3, HEADER_TABLE_SIZE),
    SPOIL(table_size, 16, NO_FAULT),
    SPOIL(table_size, 32, HEADER_TABLE_SIZE),
    SPOIL(table_size, 0x80000000u, HEADER_TABLE_SIZE),
    SPOIL(header_size, 1, NO_FAULT),
    SPOIL(header_size, 0, HEADER_SIZE_ZERO),
    SPOIL(header_size, 3, HEADER_L1_IN_HEADER),
    SPOIL(header_size, 1000, HEADER_L1_IN_HEADER),
    SPOIL(compat_features, UINT64_C(1) << 63, HEADER_UNKNOWN_COMPAT),
    SPOIL(autoclear_features, 1, HEADER_UNKNOWN_AUTOCLEAR),
    SPOIL(l1_table_offset, 0, HEADER_L1_IN_HEADER),
    SPOIL(l1_table_offset, 65536, HEADER_L1_IN_HEADER),
    SPOIL(l1_table_offset, 2 * 65536 + 1, HEADER_L1_UNALIGNED),
    SPOIL(l1_table_offset, UINT64_MAX, HEADER_L1_UNALIGNED),
    SPOIL(l1_table_offset, FILE_SIZE - 4 * 65536, NO_FAULT),
    SPOIL(l1_table_offset, FILE_SIZE - 3 * 65536, HEADER_L1_BEYOND_END),
    SPOIL(l1_table_offset, FILE_SIZE, HEADER_L1_BEYOND_END),
    SPOIL(l1_table_offset, 0 - UINT64_C(65536), HEADER_L1_BEYOND_END),
    SPOIL(image_size, 0, NO_FAULT),
    SPOIL(image_size, 1, HEADER_IMAGE_SIZE_ODD),
    SPOIL(image_size, (UINT64_C(1) << 40) + 511, HEADER_IMAGE_SIZE_ODD),
    SPOIL(image_size, UINT64_C(1) << 46, NO_FAULT),
    SPOIL(image_size, (UINT64_C(1) << 46) + 512, HEADER_IMAGE_SIZE_LIMIT),
    SPOIL(image_size, UINT64_MAX - 511, HEADER_IMAGE_SIZE_LIMIT),
    SPOIL(backing_filename_offset, 2 * 65536 - 50, NO_FAULT),
    SPOIL(backing_filename_offset, 2 * 65536 - 49, HEADER_BACKING_OUTSIDE),
    SPOIL(backing_filename_offset, UINT32_MAX, HEADER_BACKING_OUTSIDE),
    SPOIL(backing_filename_size, 0, NO_FAULT),
    SPOIL(backing_filename_size, 4095, NO_FAULT),
    SPOIL(backing_filename_size, 4096, HEADER_BACKING_LONG),
    SPOIL(backing_filename_size, UINT32_MAX, HEADER_BACKING_OUTSIDE),
};

static void one_spoiled_field_is_one_fault(void **state)
{
    (void)state;
    assert_int_equal(header_judge(&sound, FILE_SIZE), 0);
    for (size_t i = 0; i < COUNT_OF(spoils); i++) {
        const struct spoil *spoil = &spoils[i];
        struct header header = sound;
        uint32_t expected = spoil->fault == NO_FAULT ? 0 : 1u << spoil->fault;
        uint32_t narrow = (uint32_t)spoil->value;
        const void *value = spoil->size == 8 ? (const void *)&spoil->value : &narrow;

        /* Without a cluster of its own the header has no room for the name. */
        if (expected == 1u << HEADER_SIZE_ZERO)
            header.features = 0;
        memcpy((char *)&header + spoil->at, value, spoil->size);
        if (header_judge(&header, FILE_SIZE) != expected)
            fail_msg("%s: faults 0x%x, not 0x%x", spoil->what, header_judge(&header, FILE_SIZE),
                     expected);
    }
}

static void short_files(void **state)
{
    const uint32_t truncated = 1u << HEADER_SHORT;
    struct header header = sound, nothing = {0};

    (void)state;
    assert_int_equal(header_judge(&header, 63), truncated | 1u << HEADER_L1_BEYOND_END);
    assert_int_equal(header_judge(&nothing, 0), truncated | 1u << HEADER_MAGIC);
    assert_int_equal(header_judge(&header, 64), 1u << HEADER_L1_BEYOND_END);
    /* The last sector may be incomplete; without it the last cluster is gone. */
    assert_int_equal(header_judge(&header, 6 * 65536 - 511), 0);
    assert_int_equal(header_judge(&header, 6 * 65536 - 512), 1u << HEADER_L1_BEYOND_END);
}

static void header_of_4_gib(void **state)
{
    struct header header = sound;

    (void)state;
    header.header_size = 65535;
    header.l1_table_offset = UINT64_C(1) << 32;
    assert_int_equal(header_judge(&header, UINT64_C(1) << 40), 0);
    header.header_size = 65536;
    assert_int_equal(header_judge(&header, UINT64_C(1) << 40), 1u << HEADER_SIZE_QEMU);
}

/* nelems^2 * cluster_size, exact, and what qemu makes of it in 64 bits. */
static void check_limit(uint32_t cluster_size, uint32_t table_size)
{
    struct header header = {QED_MAGIC, cluster_size, table_size, 1,
                            .l1_table_offset = cluster_size};
    unsigned __int128 elements = (uint64_t)cluster_size * table_size / 8;
    unsigned __int128 exact = elements * elements * cluster_size;
    const uint64_t most = (UINT64_C(1) << 63) - (UINT64_C(1) << 30);
    const uint64_t sizes[] = {0,
                              512,
                              (uint64_t)exact - 512,
                              (uint64_t)exact,
                              (uint64_t)exact + 512,
                              most,
                              most + 512,
                              (UINT64_C(1) << 63) - 512,
                              UINT64_C(1) << 63,
                              (UINT64_C(1) << 63) + 512,
                              UINT64_MAX - 511};
    uint32_t one = table_size == 1 ? 1u << HEADER_TABLE_SIZE_ONE : 0;

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        bool over = sizes[i] > exact;
        bool over_qemu =
            sizes[i] > (uint64_t)exact || (sizes[i] > most && sizes[i] != UINT64_C(1) << 63);
        uint32_t expected = (over ? 1u << HEADER_IMAGE_SIZE_LIMIT : 0) |
                            (!over && over_qemu ? 1u << HEADER_IMAGE_SIZE_QEMU : 0) | one;

        header.image_size = sizes[i];
        assert_int_equal(header_judge(&header, UINT64_C(1) << 40), expected);
    }
}

static void image_size_limits(void **state)
{
    (void)state;
    for (uint32_t cluster_size = 4096; cluster_size <= 64u << 20; cluster_size *= 2) {
        for (uint32_t table_size = 1; table_size <= 16; table_size *= 2)
            check_limit(cluster_size, table_size);
    }
}

/* The table in the description of the format, as far as it has numbers. */
static void published_limits(void **state)
{
    static const struct {
        uint32_t cluster_size, table_size;
        unsigned power; /* of two; 0: only images of size 0 open */
    } limits[] = {
        {4096, 2, 32},    {4096, 4, 34},     {4096, 8, 36},     {4096, 16, 38},   {65536, 2, 44},
        {65536, 4, 46},   {65536, 8, 48},    {65536, 16, 50},   {1 << 20, 2, 56}, {1 << 20, 4, 58},
        {1 << 20, 8, 60}, {1 << 20, 16, 62}, {2 << 20, 2, 59},  {2 << 20, 4, 61}, {2 << 20, 8, 63},
        {2 << 20, 16, 0}, {4 << 20, 2, 62},  {4 << 20, 4, 0},   {4 << 20, 8, 0},  {4 << 20, 16, 0},
        {8 << 20, 2, 0},  {16 << 20, 2, 0},  {32 << 20, 16, 0}, {64 << 20, 2, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct header header = {QED_MAGIC, limits[i].cluster_size, limits[i].table_size, 1,
                                .l1_table_offset = limits[i].cluster_size};
        uint64_t limit = limits[i].power ? UINT64_C(1) << limits[i].power : 0;

        header.image_size = limit;
        assert_int_equal(header_judge(&header, UINT64_C(1) << 40), 0);
        header.image_size = limit + 512;
        assert_int_not_equal(header_judge(&header, UINT64_C(1) << 40), 0);
    }
}

static void faults_that_break(void **state)
{
    const uint32_t remarks = 1u << HEADER_UNKNOWN_FEATURES | 1u << HEADER_IMAGE_SIZE_QEMU |
                             1u << HEADER_TABLE_SIZE_ONE | 1u << HEADER_SIZE_QEMU |
                             1u << HEADER_BACKING_LONG | 1u << HEADER_UNKNOWN_COMPAT |
                             1u << HEADER_UNKNOWN_AUTOCLEAR;

    (void)state;
    for (unsigned fault = 0; fault < HEADER_FAULTS; fault++) {
        assert_int_equal(header_fault_breaks((enum header_fault)fault), !(remarks >> fault & 1));
        assert_int_equal(header_sound(1u << fault),
                         (remarks >> fault & 1) && fault != HEADER_UNKNOWN_FEATURES);
    }
    assert_true(header_sound(0));
}

static void geometry_of_a_header(void **state)
{
    struct header header = sound;
    struct geometry geometry;

    (void)state;
    header.image_size = (UINT64_C(1) << 40) + 512;
    assert_true(header_geometry(&header, FILE_SIZE + 65535, &geometry));
    assert_int_equal(geometry.cluster_bits, 16);
    assert_int_equal(geometry.nelems, 32768);
    assert_int_equal(geometry.table_size, 262144);
    assert_int_equal(geometry.header_end, 131072);
    assert_int_equal(geometry.file_end, FILE_SIZE + 65536);
    assert_int_equal(geometry.file_clusters, 1025);
    assert_int_equal(geometry.total_clusters, (1 << 24) + 1);
    assert_true(header_geometry(&header, FILE_SIZE + 65024, &geometry));
    assert_int_equal(geometry.file_end, FILE_SIZE);
    assert_false(header_geometry(&header, UINT64_MAX, &geometry));
    header.image_size = UINT64_MAX;
    assert_true(header_geometry(&header, 0, &geometry));
    assert_int_equal(geometry.total_clusters, UINT64_C(1) << 48);
}

static void header_of_a_short_file_reads_zeros(void **state)
{
    (void)state;
    for (size_t size = 0; size <= QED_HEADER_SIZE + 1; size++) {
        struct memory_source memory;
        struct failure why = {0};
        struct header header;
        unsigned char expected[QED_HEADER_SIZE] = {0}, bytes[QED_HEADER_SIZE];

        memory_source_init(&memory, size, size);
        memset(memory.bytes, 0xa5, size);
        memset(expected, 0xa5, size < sizeof(expected) ? size : sizeof(expected));
        EXPECT_OK(header_read(&memory.source, &header, &why), &why);
        header_encode(&header, bytes);
        assert_memory_equal(bytes, expected, sizeof(bytes));
        memory_source_free(&memory);
    }
}

static int read_name(struct header *header, struct memory_source *memory, char *name)
{
    struct failure why = {0};
    int length = header_backing_name(header, &memory->source, name, &why);

    assert_string_equal(why.text, "");
    return length;
}

static void backing_names(void **state)
{
    struct header header = sound;
    struct memory_source memory;
    char name[HEADER_MAX_NAME + 1];

    (void)state;
    memory_source_init(&memory, FILE_SIZE, 2 * 65536);
    memset(memory.bytes + 100, 'x', 5000);
    assert_int_equal(read_name(&header, &memory, name), 50);
    assert_int_equal(strlen(name), 50);
    header.backing_filename_size = HEADER_MAX_NAME;
    assert_int_equal(read_name(&header, &memory, name), HEADER_MAX_NAME);
    memory.bytes[107] = '\0';
    assert_int_equal(read_name(&header, &memory, name), 7);
    assert_string_equal(name, "xxxxxxx");
    header.backing_filename_size = HEADER_MAX_NAME + 1;
    assert_int_equal(read_name(&header, &memory, name), 0);
    header.backing_filename_size = 0;
    assert_int_equal(read_name(&header, &memory, name), 0);
    header.backing_filename_size = 50;
    header.features = 0;
    assert_int_equal(read_name(&header, &memory, name), 0);
    assert_string_equal(name, "");
    header.features = QED_F_BACKING_FILE;
    memory.source.size = 149;
    assert_int_equal(read_name(&header, &memory, name), 0);
    memory_source_free(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_and_encode_are_inverse),
        cmocka_unit_test(every_byte_matters),
        cmocka_unit_test(fields_stand_where_they_should),
        cmocka_unit_test(one_spoiled_field_is_one_fault),
        cmocka_unit_test(short_files),
        cmocka_unit_test(header_of_4_gib),
        cmocka_unit_test(image_size_limits),
        cmocka_unit_test(published_limits),
        cmocka_unit_test(faults_that_break),
        cmocka_unit_test(geometry_of_a_header),
        cmocka_unit_test(header_of_a_short_file_reads_zeros),
        cmocka_unit_test(backing_names),
    };

    return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
