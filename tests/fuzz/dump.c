/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: dump SKIP INPUT IMAGE   writes the image that a fuzz target makes of its input to a file,
 *                                for programs that read files; SKIP: bytes of the input that the
 *                                target takes for itself before
 */
#include <err.h>
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

#define MAX_INPUT ((size_t)1 << 16)

static struct input read_input(const char *path, uint8_t *bytes)
{
    struct input input = {.data = bytes};
    FILE *file = fopen(path, "rb");

    if (!file)
        err(EXIT_FAILURE, "%s", path);
    input.size = fread(bytes, 1, MAX_INPUT, file);
    fclose(file);
    return input;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[MAX_INPUT];
    struct memory_source image;
    struct input input;
    FILE *file;

    if (argc != 4)
        errx(EXIT_FAILURE, "usage: dump SKIP INPUT IMAGE");
    input = read_input(argv[2], bytes);
    for (long skip = strtol(argv[1], NULL, 10); skip > 0; skip--)
        take(&input);
    fuzz_image(&image, &input, 0);
    file = fopen(argv[3], "wb");
    if (!file || fwrite(image.bytes, 1, image.stored, file) != image.stored || fclose(file))
        err(EXIT_FAILURE, "%s", argv[3]);
    memory_source_free(&image);
    return EXIT_SUCCESS;
}
