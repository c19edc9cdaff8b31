/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <string.h>

#include "recipe.h"

#define BLANKS " \t\r\n"

static int hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit ? strchr(digits, tolower((unsigned char)digit)) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* Reads what follows a backslash; returns how many characters that took, 0 if it is no escape. */
static size_t unescape(const char *from, char *to)
{
    static const char names[] = "\\\"n0";
    static const char meanings[] = "\\\"\n";
    const char *found = *from ? strchr(names, *from) : NULL;

    if (found) {
        *to = meanings[found - names];
        return 1;
    }
    if (*from != 'x' || hex_digit(from[1]) < 0 || hex_digit(from[2]) < 0)
        return 0;
    *to = (char)(hex_digit(from[1]) * 16 + hex_digit(from[2]));
    return 3;
}

/* Undoes the quoting in place; returns what follows the closing quote, or NULL. */
static char *unquote(char *from, struct word *word)
{
    char *to = from;

    word->text = from;
    while (*from != '"') {
        size_t taken = 1;

        if (!*from)
            return NULL;
        if (*from == '\\') {
            taken = unescape(from + 1, to);
            if (!taken)
                return NULL;
            taken++;
        } else {
            *to = *from;
        }
        to++;
        from += taken;
    }
    word->size = (size_t)(to - word->text);
    *to = '\0';
    return from + 1;
}

bool words_split(char *line, struct words *words)
{
    words->count = 0;
    for (;;) {
        struct word *word = &words->at[words->count];

        line += strspn(line, BLANKS);
        if (!*line || *line == '#')
            return true;
        if (words->count++ == WORDS_MOST)
            return false;
        if (*line == '"') {
            line = unquote(line + 1, word);
            if (!line || (*line && !strchr(BLANKS, *line)))
                return false;
            continue;
        }
        word->text = line;
        word->size = strcspn(line, BLANKS);
        line += word->size;
        if (*line)
            *line++ = '\0';
    }
}
