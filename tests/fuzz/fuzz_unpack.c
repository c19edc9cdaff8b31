/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the input for a bundle and verifies it. If its first byte is odd the checksums of what look
 * like tar headers are made right before, for changes to get past them. Aborts where a check that
 * failed gives no reason, or one is passed after a failed one.
 */
#include <stdio.h>
#include <unistd.h>

#include "bugreport/unpack/tar_header.h"
#include "bugreport/unpack/verify.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/memory_file.h"

/* Where magic and checksum stand in a header. */
#define AT_CHECKSUM 148
#define AT_MAGIC    257

static void fix_checksum(uint8_t *block)
{
    unsigned sum = 0;
    char digits[8];

    if (memcmp(block + AT_MAGIC, "ustar", 5) != 0)
        return;
    memset(block + AT_CHECKSUM, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += block[i];
    snprintf(digits, sizeof(digits), "%06o", sum);
    memcpy(block + AT_CHECKSUM, digits, 7);
}

static void verify(int fd)
{
    static struct verification verification;

    verify_run(&verification, fd, 1, NULL, NULL);
    demand(verification.count > 0 && verification.count <= VERIFY_MAX_CHECKS);
    for (size_t i = 0; i < verification.count; i++) {
        const struct verify_check *check = &verification.checks[i];

        demand(check->name && check->text[0]);
        demand(check->passed || (i + 1 == verification.count && !verification.proved));
    }
    demand(!verification.proved || !verification.has_image || verification.grammar.holds);
    verify_free(&verification);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    bool fix = take(&input) & 1;
    uint8_t *bytes = malloc(input.size + 1);
    int fd;

    demand(bytes != NULL);
    memcpy(bytes, input.data, input.size);
    for (size_t at = 0; fix && at + TAR_BLOCK <= input.size; at += TAR_BLOCK)
        fix_checksum(bytes + at);
    fd = memory_file(bytes, input.size);
    verify(fd);
    close(fd);
    free(bytes);
    return 0;
}
