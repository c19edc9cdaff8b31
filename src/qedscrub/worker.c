/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/put.h"
#include "base/sandbox.h"
#include "qedscrub/progress.h"
#include "qedscrub/status.h"

/* What a child says of itself, followed by the text that it printed. */
struct message {
    int status;
    unsigned layers;
    struct failure why;
};

/* What the C library reads from files when it is first needed must be there before. */
static void preload(void)
{
    (void)strerror(ENOENT);
    tzset();
}

static void take_signals_as_usual(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction action;

        if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
            signal(signals[i], SIG_DFL);
    }
}

unsigned worker_enter(pid_t parent, bool jailed)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(STATUS_FAILED);
    take_signals_as_usual();
    preload();
    return jailed ? sandbox_enter() : 0;
}

void worker_explain(int status, struct failure *why)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (!number)
        failure_set(why, "the process that read it ended without a result (status %d)",
                    WEXITSTATUS(status));
    else if (number == SIGSYS)
        failure_set(why, "the sandbox stopped the process that read it, at a system call that is "
                         "not allowed; --no-sandbox does without");
    else if (number == SIGKILL)
        failure_set(why, "the process that read it was killed; perhaps memory ran out");
    else
        failure_set(why, "the process that read it died of signal %d (%s)", number,
                    strsignal(number));
}

/* The child: works, and hands back what came of it. */
static int serve(worker_function *work, void *context, int to, unsigned layers)
{
    struct message message = {.status = STATUS_FAILED, .layers = layers};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int failed;

    if (out)
        message.status = work(context, out, &message.why);
    if (!out || ferror(out) | fclose(out)) {
        message.status = STATUS_FAILED;
        failure_set_errno(&message.why, ENOMEM, "cannot keep what is to be said");
    }
    failed = put_bytes(to, &message, sizeof(message)) < sizeof(message) ||
             put_bytes(to, text, size) < size;
    free(text);
    return failed ? STATUS_FAILED : STATUS_OK;
}

/* Reads until the other end is closed; the text gets a NUL behind it. */
static int collect(int from, struct progress *progress, struct message *message, char **text)
{
    size_t size = 0, capacity = sizeof(*message);
    char *all = malloc(capacity + 1);
    ssize_t got = 1;

    while (all && got > 0) {
        if (size == capacity) {
            char *more = realloc(all, 2 * capacity + 1);

            if (!more)
                break;
            all = more;
            capacity *= 2;
        }
        progress_wait(progress, from);
        do {
            got = read(from, all + size, capacity - size);
        } while (got < 0 && errno == EINTR);
        size += got > 0 ? (size_t)got : 0;
    }
    if (!all || got || size < sizeof(*message)) {
        free(all);
        return -1;
    }
    memcpy(message, all, sizeof(*message));
    message->why.text[sizeof(message->why.text) - 1] = '\0';
    memmove(all, all + sizeof(*message), size - sizeof(*message));
    all[size - sizeof(*message)] = '\0';
    *text = all;
    return 0;
}

static int wait_for(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* People are told what protection there was; --version tells it as well. */
static void tell_layers(const struct options *options, unsigned layers)
{
    if (options->no_sandbox || options->quiet || layers == sandbox_best() || !isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "qedscrub: note: this system lacks parts of the sandbox; layers in use: %s\n",
            sandbox_name(layers));
}

/* The parent: takes what the child hands back, and judges how it ended. */
static int attend(pid_t child, int from, const char *name, const struct options *options,
                  char **text, struct failure *why)
{
    struct message message = {0};
    int collected = collect(from, options->progress, &message, text), end;

    close(from);
    end = wait_for(child);
    if (collected || end || message.status < 0 || message.status > 255) {
        worker_explain(end, why);
        failure_prefix(why, name);
        return STATUS_FAILED;
    }
    tell_layers(options, message.layers);
    if (message.why.text[0])
        *why = message.why;
    return message.status;
}

int worker_run(worker_function *work, void *context, const char *name,
               const struct options *options, char **text, struct failure *why)
{
    bool jailed = !options->no_sandbox;
    pid_t parent = getpid(), child;
    int ends[2];

    *text = NULL;
    fflush(NULL);
    if (pipe2(ends, O_CLOEXEC)) {
        failure_set_errno(why, errno, "cannot start a process to read in");
        return STATUS_FAILED;
    }
    child = fork();
    if (child == 0) {
        close(ends[0]);
        exit(serve(work, context, ends[1], worker_enter(parent, jailed)));
    }
    close(ends[1]);
    if (child < 0) {
        failure_set_errno(why, errno, "cannot start a process to read in");
        close(ends[0]);
        return STATUS_FAILED;
    }
    return attend(child, ends[0], name, options, text, why);
}
