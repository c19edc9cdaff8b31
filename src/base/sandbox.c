/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sandbox.h"

const char *sandbox_name(unsigned layers)
{
    static const char *const names[] = {"none", "Landlock", "seccomp", "Landlock and seccomp"};

    return names[layers & (SANDBOX_LANDLOCK | SANDBOX_SECCOMP)];
}

#ifdef QEDSCRUB_NO_SANDBOX

unsigned sandbox_best(void)
{
    return 0;
}

unsigned sandbox_probe(void)
{
    return 0;
}

unsigned sandbox_enter(void)
{
    return 0;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's struct landlock_ruleset_attr as of ABI 6. The header at hand may be older than the
 * kernel, which in turn knows only as much of it as its own ABI.
 */
struct ruleset {
    uint64_t files; /* ABI 1 */
    uint64_t net;   /* ABI 4 */
    uint64_t scope; /* ABI 6 */
};

/* From which ABI on there are how many rights of each kind; bit n is the right n of the ABI. */
static const struct {
    int abi;
    unsigned file_rights, net_rights, scopes;
    size_t size;
} landlock_abis[] = {
    {6, 16, 2, 2, sizeof(struct ruleset)},          {5, 16, 2, 0, offsetof(struct ruleset, scope)},
    {4, 15, 2, 0, offsetof(struct ruleset, scope)}, {3, 15, 0, 0, offsetof(struct ruleset, net)},
    {2, 14, 0, 0, offsetof(struct ruleset, net)},   {1, 13, 0, 0, offsetof(struct ruleset, net)},
};

static uint64_t lowest_bits(unsigned count)
{
    return (UINT64_C(1) << count) - 1;
}

static int landlock_abi(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* A ruleset that handles every right and has no rule denies them all. */
static bool enter_landlock(void)
{
    int abi = landlock_abi();
    struct ruleset ruleset;
    size_t i = 0;
    bool held;
    int fd;

    if (abi < 1)
        return false;
    while (landlock_abis[i].abi > abi)
        i++;
    ruleset.files = lowest_bits(landlock_abis[i].file_rights);
    ruleset.net = lowest_bits(landlock_abis[i].net_rights);
    ruleset.scope = lowest_bits(landlock_abis[i].scopes);
    fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, landlock_abis[i].size, 0);
    if (fd < 0)
        return false;
    held = !syscall(SYS_landlock_restrict_self, fd, 0);
    close(fd);
    return held;
}

/*
 * The calls that reading, packing and writing to open files need, with the C library's own: memory,
 * threads, time, and messages on a socket that was there before. Names that other machines use for
 * the same things are among them; libseccomp leaves out what a machine does not have.
 */
static const int allowed_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fadvise64_64),
    SCMP_SYS(readahead),
    SCMP_SYS(close),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mincore),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* What the C library may look for without need: it takes a refusal for an answer. */
static const int denied_calls[] = {
    SCMP_SYS(open),       SCMP_SYS(openat),   SCMP_SYS(openat2),    SCMP_SYS(stat),
    SCMP_SYS(lstat),      SCMP_SYS(statx),    SCMP_SYS(access),     SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
};

/* Calls that are harmless with certain arguments; with others they kill, if nothing is said. */
static const struct {
    int call;
    uint32_t action;
    struct scmp_arg_cmp argument;
} argument_rules[] = {
    {SCMP_SYS(mmap), SCMP_ACT_ALLOW, SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
    {SCMP_SYS(mmap2), SCMP_ACT_ALLOW, SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
    {SCMP_SYS(mprotect), SCMP_ACT_ALLOW, SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
    {SCMP_SYS(clone), SCMP_ACT_ALLOW, SCMP_CMP(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)},
    {SCMP_SYS(newfstatat), SCMP_ACT_ALLOW, SCMP_CMP(3, SCMP_CMP_EQ, AT_EMPTY_PATH)},
    {SCMP_SYS(newfstatat), SCMP_ACT_ERRNO(EACCES), SCMP_CMP(3, SCMP_CMP_NE, AT_EMPTY_PATH)},
    {SCMP_SYS(fstatat64), SCMP_ACT_ALLOW, SCMP_CMP(3, SCMP_CMP_EQ, AT_EMPTY_PATH)},
    {SCMP_SYS(ioctl), SCMP_ACT_ALLOW, SCMP_CMP(1, SCMP_CMP_EQ, TCGETS)},
    {SCMP_SYS(ioctl), SCMP_ACT_ALLOW, SCMP_CMP(1, SCMP_CMP_EQ, TIOCGWINSZ)},
    {SCMP_SYS(ioctl), SCMP_ACT_ALLOW, SCMP_CMP(1, SCMP_CMP_EQ, FS_IOC_FIEMAP)},
    {SCMP_SYS(fcntl), SCMP_ACT_ALLOW, SCMP_CMP(1, SCMP_CMP_EQ, F_GETFL)},
    {SCMP_SYS(fcntl64), SCMP_ACT_ALLOW, SCMP_CMP(1, SCMP_CMP_EQ, F_GETFL)},
    {SCMP_SYS(fcntl), SCMP_ACT_ALLOW, SCMP_CMP(1, SCMP_CMP_EQ, F_GETFD)},
    {SCMP_SYS(fcntl64), SCMP_ACT_ALLOW, SCMP_CMP(1, SCMP_CMP_EQ, F_GETFD)},
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int add_calls(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (seccomp_rule_add(filter, action, calls[i], 0))
            return -1;
    }
    return 0;
}

static int add_argument_rules(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < COUNT_OF(argument_rules); i++) {
        if (seccomp_rule_add_array(filter, argument_rules[i].action, argument_rules[i].call, 1,
                                   &argument_rules[i].argument))
            return -1;
    }
    return 0;
}

/* abort() signals the process itself; the filter of a clone3() cannot see its flags. */
static int add_other_rules(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp self = SCMP_CMP(0, SCMP_CMP_EQ, (scmp_datum_t)getpid());

    if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self))
        return -1;
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static bool enter_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool held;

    if (!filter)
        return false;
    held = !add_calls(filter, SCMP_ACT_ALLOW, allowed_calls, COUNT_OF(allowed_calls)) &&
           !add_calls(filter, SCMP_ACT_ERRNO(EACCES), denied_calls, COUNT_OF(denied_calls)) &&
           !add_argument_rules(filter) && !add_other_rules(filter) && !seccomp_load(filter);
    seccomp_release(filter);
    return held;
}

unsigned sandbox_best(void)
{
    return SANDBOX_LANDLOCK | SANDBOX_SECCOMP;
}

unsigned sandbox_probe(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;
    unsigned layers = landlock_abi() >= 1 ? SANDBOX_LANDLOCK : 0;

    if (!syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action))
        layers |= SANDBOX_SECCOMP;
    return layers;
}

unsigned sandbox_enter(void)
{
    unsigned layers = 0;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return 0;
    if (enter_landlock())
        layers |= SANDBOX_LANDLOCK;
    if (enter_seccomp())
        layers |= SANDBOX_SECCOMP;
    return layers;
}

#endif
