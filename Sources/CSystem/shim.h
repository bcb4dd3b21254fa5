// What Swift's Glibc module leaves out of the system: calls without a wrapper, variadic ones, headers that it does not
// bring. No logic.
#pragma once
#include <stdint.h>
#include <sys/eventfd.h>

// Waiting for, and waking, threads on a 32-bit word: futex(2) has no wrapper in the C library and syscall() is variadic.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
static inline void mobilecam_futex_wait(const void *word, uint32_t expected) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, (void *)0, (void *)0, 0);
}
static inline void mobilecam_futex_wake(const void *word, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, (void *)0, (void *)0, 0);
}

// Declared by the C library for _GNU_SOURCE only, which Swift's import does not set.
#include <sys/prctl.h>
static inline void mobilecam_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
// Bytes written to `mask`, or −1: bit n is set where a thread may use CPU n; thread 0 is the caller.
static inline long mobilecam_affinity(pid_t thread, uint8_t *mask, unsigned long size) {
  return syscall(SYS_sched_getaffinity, thread, size, mask);
}
// For the calling thread.
static inline void mobilecam_set_affinity(const uint8_t *mask, unsigned long size) {
  syscall(SYS_sched_setaffinity, 0, size, mask);
}
extern int sched_getcpu(void);
// Asks for time slices a quarter shorter than usual, for the calling thread: since Linux 6.12 one that wakes then need not wait until
// others have used up theirs. Its share of the time stays the same. The C library has no wrapper, Linux's header clashes with it.
static inline void mobilecam_prefer_short_slices(void) {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attr = {0};
  const uint32_t other = 0;
  if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) != 0 || attr.policy != other) return;
  attr.runtime -= attr.runtime / 4;
  syscall(SYS_sched_setattr, 0, &attr, 0);
}

#include <malloc.h>
static inline void mobilecam_trim_heap(void) { malloc_trim(0); }

// Starting programs: what glibc declares for _GNU_SOURCE only.
#include <fcntl.h>
#include <spawn.h>
static const int mobilecam_spawn_in_new_session = 0x80;  // POSIX_SPAWN_SETSID
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
extern char **environ;
static inline char **mobilecam_environment(void) { return environ; }
// Two ends that no program inherits: to read, to write.
static inline int mobilecam_pipe(int *ends) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }
