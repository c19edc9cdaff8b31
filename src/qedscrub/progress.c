/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bugreport/render/text.h"

/* Seconds until the first line, and from one to the next. */
#define FIRST_LINE   0.5
#define LINE_PERIOD  0.2
#define LINES_PERIOD 1.0

#define CLEAR "\r\033[K"

static void hear_signal(struct progress *progress)
{
    sigset_t wanted;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    progress->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (progress->signal_fd >= 0)
        sigprocmask(SIG_BLOCK, &wanted, &progress->old);
}

static bool signal_came(const struct progress *progress)
{
    struct signalfd_siginfo info;

    return progress->signal_fd >= 0 &&
           read(progress->signal_fd, &info, sizeof(info)) == sizeof(info);
}

void progress_begin(struct progress *progress, enum progress_mode mode)
{
    void *memory = MAP_FAILED;

    *progress = (struct progress){.mode = mode, .signal_fd = -1, .due = meter_now() + FIRST_LINE};
    hear_signal(progress);
    if (mode != PROGRESS_NONE)
        memory = mmap(NULL, sizeof(*progress->meter), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED)
        progress->meter = memory;
}

void progress_end(struct progress *progress)
{
    progress_hide(progress);
    if (progress->signal_fd >= 0) {
        signal_came(progress); /* one that comes late does no harm */
        close(progress->signal_fd);
        sigprocmask(SIG_SETMASK, &progress->old, NULL);
    }
    if (progress->meter)
        munmap(progress->meter, sizeof(*progress->meter));
    *progress = (struct progress){.signal_fd = -1};
}

void progress_watch_later(struct progress *progress, const char *phase, int fd)
{
    size_t i = 0;

    if (!progress)
        return;
    while (i < PROGRESS_WATCHED && progress->watched[i].fd)
        i++;
    if (i < PROGRESS_WATCHED)
        progress->watched[i] = (struct progress_file){fd, phase};
}

void progress_watch(struct progress *progress, const char *phase, int fd)
{
    struct stat file;

    if (!progress)
        return;
    memset(progress->watched, 0, sizeof(progress->watched));
    if (!phase || fstat(fd, &file))
        return;
    progress_watch_later(progress, phase, fd);
    meter_begin(progress->meter, phase, (uint64_t)file.st_size, true);
}

/* Moves the meter where a file tells how far the phase is. */
static void look_at_files(struct progress *progress)
{
    const char *phase = atomic_load(&progress->meter->phase);

    for (size_t i = 0; i < PROGRESS_WATCHED; i++) {
        const struct progress_file *file = &progress->watched[i];

        if (file->fd > 0 && file->phase == phase)
            meter_set(progress->meter, (uint64_t)lseek(file->fd, 0, SEEK_CUR));
    }
}

/* "1.2 GiB of 4 GiB", "12 of 400". */
static int write_amounts(char *line, size_t size, uint64_t done, uint64_t total, bool bytes)
{
    char one[TEXT_SIZE_SIZE], other[TEXT_SIZE_SIZE];

    if (bytes)
        return snprintf(line, size, "%s of %s", text_short_size(one, done),
                        text_short_size(other, total));
    return snprintf(line, size, "%" PRIu64 " of %" PRIu64, done, total);
}

static int write_rate(char *line, size_t size, double rate, bool bytes)
{
    char text[TEXT_SIZE_SIZE];

    if (bytes)
        return snprintf(line, size, ", %s/s", text_short_size(text, (uint64_t)rate));
    return snprintf(line, size, ", %.0f/s", rate);
}

static int write_left(char *line, size_t size, double seconds)
{
    if (seconds >= 3600)
        return snprintf(line, size, ", %d h %d min left", (int)seconds / 3600,
                        (int)seconds % 3600 / 60);
    if (seconds >= 60)
        return snprintf(line, size, ", %d min %d s left", (int)seconds / 60, (int)seconds % 60);
    return snprintf(line, size, ", %d s left", (int)seconds);
}

void progress_line(char line[PROGRESS_LINE], const struct meter *meter, double seconds)
{
    uint64_t done = atomic_load(&meter->done), total = atomic_load(&meter->total);
    bool bytes = atomic_load(&meter->bytes);
    double rate = seconds > 0 ? (double)done / seconds : 0;
    int used = snprintf(line, PROGRESS_LINE, "%s: ", atomic_load(&meter->phase));

    if (done > total)
        done = total;
    used += write_amounts(line + used, PROGRESS_LINE - (size_t)used, done, total, bytes);
    used += snprintf(line + used, PROGRESS_LINE - (size_t)used, " (%d %%)",
                     total ? (int)((double)done * 100 / (double)total) : 100);
    if (rate <= 0)
        return;
    used += write_rate(line + used, PROGRESS_LINE - (size_t)used, rate, bytes);
    if ((double)(total - done) / rate < 1e6)
        write_left(line + used, PROGRESS_LINE - (size_t)used, (double)(total - done) / rate);
}

static void show(struct progress *progress, double time, bool over)
{
    char line[PROGRESS_LINE];

    progress_line(line, progress->meter, time - atomic_load(&progress->meter->begun));
    fprintf(stderr, over ? CLEAR "%s" : "%s\n", line);
    fflush(stderr);
    progress->line_is_shown = over;
}

void progress_hide(struct progress *progress)
{
    if (!progress || !progress->line_is_shown)
        return;
    fprintf(stderr, CLEAR);
    fflush(stderr);
    progress->line_is_shown = false;
}

void progress_tick(struct progress *progress)
{
    bool asked = progress && signal_came(progress);
    double time;

    if (!progress || !progress->meter)
        return;
    look_at_files(progress);
    if (!atomic_load(&progress->meter->phase))
        return;
    time = meter_now();
    if (asked) {
        progress_hide(progress);
        show(progress, time, false);
    }
    if (progress->mode < PROGRESS_ONE_LINE || time < progress->due)
        return;
    show(progress, time, progress->mode == PROGRESS_ONE_LINE);
    progress->due = time + (progress->mode == PROGRESS_LINES ? LINES_PERIOD : LINE_PERIOD);
}

int progress_timeout(const struct progress *progress)
{
    double left;

    if (!progress->meter || progress->mode < PROGRESS_ONE_LINE)
        return -1;
    left = progress->due - meter_now();
    return (int)((left > 0 && left < LINE_PERIOD ? left : LINE_PERIOD) * 1000) + 1;
}

void progress_wait(struct progress *progress, int fd)
{
    struct pollfd ends[] = {{fd, POLLIN, 0}, {-1, POLLIN, 0}};
    int ready;

    if (!progress)
        return;
    ends[1].fd = progress->signal_fd;
    do {
        progress_tick(progress);
        ready = poll(ends, 2, progress_timeout(progress));
    } while ((ready < 0 && errno == EINTR) || (ready >= 0 && !ends[0].revents));
    progress_hide(progress);
}
