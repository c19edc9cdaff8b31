/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define OS_RELEASE "/etc/os-release"
#define KEY        "PRETTY_NAME="

/* The value of a line of os-release, in place, without quotes and end of line. */
static char *unquote(char *value)
{
    value[strcspn(value, "\n")] = '\0';
    if (*value != '"' && *value != '\'')
        return value;
    value[strcspn(value + 1, value[0] == '"' ? "\"" : "'") + 1] = '\0';
    return value + 1;
}

static int describe_distribution(struct environment *environment, struct failure *why)
{
    FILE *file = fopen(OS_RELEASE, "re");
    char *line = NULL;
    size_t size = 0;
    int result = 0;

    while (file && !environment->distribution && result == 0 && getline(&line, &size, file) > 0) {
        if (!strncmp(line, KEY, strlen(KEY)))
            result = environment_set(&environment->distribution, unquote(line + strlen(KEY)), why);
    }
    free(line);
    if (file)
        fclose(file);
    return result;
}

int host_describe(struct environment *environment, struct failure *why)
{
    char kernel[sizeof(struct utsname)];
    struct utsname host;

    if (!uname(&host)) {
        snprintf(kernel, sizeof(kernel), "%s %s %s", host.sysname, host.release, host.version);
        if (environment_set(&environment->kernel, kernel, why) ||
            environment_set(&environment->architecture, host.machine, why))
            return -1;
    }
    return describe_distribution(environment, why);
}
