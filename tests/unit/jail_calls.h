/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_JAIL_CALLS_H
#define UNIT_JAIL_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What the calls below work on; opened before the jail is entered. */
static int file = -1, ends[2], network = -1;

/*
 * Calls as the program and its libraries make them, and calls that somebody would make who has
 * taken the program over. Each returns something negative if it fails, with errno set.
 */
static long do_read(void)
{
    char byte;

    return pread(file, &byte, 1, 0);
}

static long do_write(void)
{
    return pwrite(file, "x", 1, 0) + fsync(file) + ftruncate(file, 100000);
}

static long do_stat(void)
{
    struct stat stat_of;

    return fstat(file, &stat_of);
}

static long do_map(void)
{
    void *at = mmap(NULL, 65536, PROT_READ, MAP_SHARED, file, 0);

    return at == MAP_FAILED ? -1
                            : madvise(at, 65536, MADV_WILLNEED) | mprotect(at, 65536, PROT_NONE) |
                                  munmap(at, 65536);
}

/* Moves a mapping, as realloc() of something large does. */
static long do_reallocate(void)
{
    char *bytes = malloc(1 << 20), *more = bytes ? realloc(bytes, 16 << 20) : NULL;

    free(more);
    return more ? 0 : -1;
}

static void *give_back(void *argument)
{
    return argument;
}

static long do_thread(void)
{
    pthread_t thread;
    void *result = NULL;

    if (pthread_create(&thread, NULL, give_back, ends) || pthread_join(thread, &result))
        return -1;
    return result == ends ? 0 : -1;
}

static long do_count_processors(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN) + sysconf(_SC_PHYS_PAGES);
}

static long do_random(void)
{
    unsigned char bytes[8];

    return syscall(SYS_getrandom, bytes, sizeof(bytes), 0);
}

static long do_sleep(void)
{
    const struct timespec moment = {0, 1000};
    struct timespec now;
    struct rusage usage;

    return nanosleep(&moment, NULL) | clock_gettime(CLOCK_MONOTONIC, &now) |
           getrusage(RUSAGE_SELF, &usage);
}

static long do_local_time(void)
{
    time_t now = 0;

    return localtime(&now) ? 0 : -1;
}

static void leave_handler(int number)
{
    (void)number;
}

static long do_signal(void)
{
    return signal(SIGBUS, leave_handler) == SIG_ERR || raise(SIGBUS) ? -1 : 0;
}

static long do_extents(void)
{
    struct fiemap request = {.fm_length = FIEMAP_MAX_OFFSET};

    return ioctl(file, FS_IOC_FIEMAP, &request) && errno != EOPNOTSUPP ? -1 : 0;
}

static long do_is_terminal(void)
{
    errno = 0;
    return isatty(file) || errno == ENOTTY ? 0 : -1;
}

/* A descriptor travels over a socket that was there before. */
static long do_pass_descriptor(void)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    char byte = 'x';
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    int got = -1;

    memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
    if (sendmsg(ends[0], &message, 0) != 1 || recvmsg(ends[1], &message, 0) != 1)
        return -1;
    memcpy(&got, CMSG_DATA(&control.header), sizeof(got));
    return fcntl(got, F_GETFL) < 0 ? -1 : close(got);
}

static long do_open(void)
{
    return open("/etc/passwd", O_RDONLY);
}

static long do_open_through_descriptor(void)
{
    return open("/proc/self/fd/0", O_RDONLY);
}

static long do_create(void)
{
    return open("/tmp/qedscrub-jail", O_WRONLY | O_CREAT, 0600);
}

static long do_old_open(void)
{
#ifdef SYS_open
    return syscall(SYS_open, "/etc/passwd", O_RDONLY);
#else
    return do_open();
#endif
}

static long do_stat_path(void)
{
    struct stat stat_of;

    return stat("/etc/passwd", &stat_of);
}

static long do_read_link(void)
{
    char target[64];

    return readlink("/proc/self/exe", target, sizeof(target));
}

static long do_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static long do_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};

    return connect(network, (struct sockaddr *)&to, sizeof(to));
}

static long do_execute(void)
{
    return execl("/bin/true", "true", (char *)NULL);
}

static long do_trace(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long do_fork(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return child;
}

static long do_map_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? -1
               : 0;
}

static long do_make_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return mprotect(at, 4096, PROT_READ | PROT_EXEC);
}

static long do_remove(void)
{
    return unlink("/tmp/qedscrub-jail");
}

static long do_link(void)
{
    return linkat(file, "", AT_FDCWD, "/tmp/qedscrub-jail", AT_EMPTY_PATH);
}

static long do_kill_parent(void)
{
    return kill(getppid(), 0);
}

static long do_lock(void)
{
    struct flock lock = {.l_type = F_WRLCK};

    return fcntl(file, F_OFD_SETLK, &lock);
}

static long do_type_into_terminal(void)
{
    return ioctl(file, TIOCSTI, "x");
}

static long do_less_jail(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

#define KILLED (-1)

/* expected: 0 allowed, an errno, or KILLED. */
static const struct call {
    const char *name;
    long (*make)(void);
    int expected;
} jail_calls[] = {
    {"read", do_read, 0},
    {"write", do_write, 0},
    {"fstat", do_stat, 0},
    {"map", do_map, 0},
    {"reallocate", do_reallocate, 0},
    {"start a thread", do_thread, 0},
    {"count processors", do_count_processors, 0},
    {"getrandom", do_random, 0},
    {"sleep", do_sleep, 0},
    {"local time", do_local_time, 0},
    {"handle a signal", do_signal, 0},
    {"host extents", do_extents, 0},
    {"isatty", do_is_terminal, 0},
    {"pass a descriptor", do_pass_descriptor, 0},
    {"open", do_open, EACCES},
    {"open through /proc", do_open_through_descriptor, EACCES},
    {"create", do_create, EACCES},
    {"open, the old call", do_old_open, EACCES},
    {"stat", do_stat_path, EACCES},
    {"readlink", do_read_link, EACCES},
    {"socket", do_socket, KILLED},
    {"connect", do_connect, KILLED},
    {"execve", do_execute, KILLED},
    {"ptrace", do_trace, KILLED},
    {"fork", do_fork, KILLED},
    {"map code", do_map_code, KILLED},
    {"make code", do_make_code, KILLED},
    {"unlink", do_remove, KILLED},
    {"link", do_link, KILLED},
    {"kill", do_kill_parent, KILLED},
    {"lock", do_lock, KILLED},
    {"type into the terminal", do_type_into_terminal, KILLED},
    {"prctl", do_less_jail, KILLED},
};

#endif
