/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target on files, for which no fuzzer is needed: a crash or an abort is a failed test.
 * The name of each file is printed before it is tried.
 */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

/* More than a fuzzer makes. */
#define MAX_INPUT ((size_t)1 << 20)

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(MAX_INPUT), *exact;
    size_t size;

    if (!file || !bytes) {
        perror(path);
        return -1;
    }
    size = fread(bytes, 1, MAX_INPUT, file);
    fclose(file);
    /* No longer than the input, for an address sanitizer to see who reads behind it. */
    exact = malloc(size ? size : 1);
    if (!exact)
        return -1;
    memcpy(exact, bytes, size);
    free(bytes);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        printf("# %s\n", argv[i]);
        fflush(stdout);
        if (replay(argv[i]))
            return 1;
        printf("ok %d - %s\n", i, argv[i]);
    }
    return argc < 2;
}
