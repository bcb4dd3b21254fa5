#define _GNU_SOURCE
#include "CTerminalRestore.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
enum { WATCHED = sizeof watched / sizeof *watched, CRASHES = sizeof crashes / sizeof *crashes };

static struct sigaction before_watched[WATCHED], before_crash[CRASHES], before_pipe;
static volatile sig_atomic_t came[WATCHED];
static volatile sig_atomic_t ending, screen_up, installed;
static time_t ending_since;

static int terminal = -1, wake = -1;
// Takes the terminal's place in a crash: other threads may be about to draw.
static int nowhere = -1;
static struct termios sane_modes;
static char leave_bytes[512];
static size_t leave_count;

// While the screen is up, standard error goes here: a stray line would break the picture, and a trap's message would be
// lost with the alternate screen.
static int kept_errors = -1, real_errors = -1;

static void write_all(int fd, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t n = write(fd, bytes, count);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes += n;
    count -= (size_t)n;
  }
}

/// Prints the last of what was kept, to the real standard error. Async-signal-safe.
static void release_errors(void) {
  if (real_errors < 0) return;
  dup2(real_errors, STDERR_FILENO);
  off_t end = lseek(kept_errors, 0, SEEK_END);
  off_t at = end > 16384 ? end - 16384 : 0;
  char part[1024];
  while (at < end) {
    ssize_t n = pread(kept_errors, part, sizeof part, at);
    if (n <= 0) break;
    write_all(STDERR_FILENO, part, (size_t)n);
    at += n;
  }
  close(real_errors);
  close(kept_errors);
  real_errors = kept_errors = -1;
}

static void keep_errors(void) {
  if (real_errors >= 0 || !isatty(STDERR_FILENO)) return;
  int memory = memfd_create("stderr", MFD_CLOEXEC);
  if (memory < 0) return;
  fcntl(memory, F_SETFL, O_APPEND);
  int copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) {
    close(memory);
    return;
  }
  dup2(memory, STDERR_FILENO);
  kept_errors = memory;
  real_errors = copy;
}

/// tcsetattr and one write, nothing else touches the terminal.
static void restore_now(void) {
  if (!screen_up) return;
  screen_up = 0;
  // From a background process group these calls would stop us (TTOU): the terminal is no longer ours to wait for.
  signal(SIGTTOU, SIG_IGN);
  tcsetattr(terminal, TCSANOW, &sane_modes);
  write_all(terminal, leave_bytes, leave_count);
  release_errors();
}

static void raise_by_default(int signal_number) {
  struct sigaction plain;
  memset(&plain, 0, sizeof plain);
  plain.sa_handler = SIG_DFL;
  sigemptyset(&plain.sa_mask);
  sigaction(signal_number, &plain, NULL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal_number);
  sigprocmask(SIG_UNBLOCK, &only, NULL);
  kill(getpid(), signal_number);
}

int ctr_wake_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void ctr_wake(int wake_fd) {
  uint64_t one = 1;
  // A full counter has woken its reader already.
  ssize_t written = write(wake_fd, &one, sizeof one);
  (void)written;
}

int ctr_wake_take(int wake_fd) {
  uint64_t count;
  return read(wake_fd, &count, sizeof count) == sizeof count;
}

static void on_watched(int signal_number) {
  int saved = errno;
  for (int i = 0; i < WATCHED; i++)
    if (watched[i] == signal_number) came[i] = 1;
  if (signal_number == SIGINT || signal_number == SIGTERM || signal_number == SIGHUP || signal_number == SIGQUIT) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!ending) {
      ending = signal_number;
      ending_since = now.tv_sec;
    } else if (now.tv_sec - ending_since >= 2) {
      // Asked again after more than a second: the main thread is stuck, perhaps in a write to a dead terminal.
      restore_now();
      raise_by_default(signal_number);
    }
  }
  ctr_wake(wake);
  errno = saved;
}

const char *ctr_signal_name(int signal_number) {
  const char *name = sigabbrev_np(signal_number);
  return name ? name : "?";
}

/// Says what happened, where the terminal was given back for it. Async-signal-safe.
static void say_crashed(int signal_number) {
  const char *parts[] = {program_invocation_short_name, ": crashed by signal ", ctr_signal_name(signal_number), "\n"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) write_all(STDERR_FILENO, parts[i], strlen(parts[i]));
}

static void on_crash(int signal_number, siginfo_t *info, void *context) {
  if (screen_up) {
    restore_now();
    if (nowhere >= 0) dup2(nowhere, terminal);
    say_crashed(signal_number);
  }
  // The handler that was there before (Swift's backtrace) gets what we got. It returns, for the fault to come again; a
  // signal that somebody sent does not, and the program would go on without its terminal.
  for (int i = 0; i < CRASHES; i++) {
    if (crashes[i] != signal_number) continue;
    if (before_crash[i].sa_flags & SA_SIGINFO)
      before_crash[i].sa_sigaction(signal_number, info, context);
    else if (before_crash[i].sa_handler != SIG_DFL && before_crash[i].sa_handler != SIG_IGN)
      before_crash[i].sa_handler(signal_number);
  }
  raise_by_default(signal_number);
}

static void on_exit_restore(void) { restore_now(); }

int ctr_install(int terminal_fd, const struct termios *sane, const char *leave, size_t leave_size, int wake_fd) {
  static int at_exit_registered;
  // Room for the handler when the thread's own stack is what overflowed; belongs to the calling (main) thread.
  static char alternate_stack[64 * 1024];
  terminal = terminal_fd;
  wake = wake_fd;
  sane_modes = *sane;
  leave_count = leave_size < sizeof leave_bytes ? leave_size : sizeof leave_bytes - 1;
  memcpy(leave_bytes, leave, leave_count);
  ending = 0;
  for (int i = 0; i < WATCHED; i++) came[i] = 0;

  stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
  if (sigaltstack(&stack, NULL) != 0) return -1;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigfillset(&action.sa_mask);
  action.sa_handler = on_watched;
  for (int i = 0; i < WATCHED; i++) {
    if (sigaction(watched[i], &action, &before_watched[i]) != 0) return -1;
    // A signal that the parent ignored (nohup, a background job) stays ignored.
    if (before_watched[i].sa_handler == SIG_IGN && watched[i] != SIGWINCH && watched[i] != SIGCONT)
      sigaction(watched[i], &before_watched[i], NULL);
  }
  if (nowhere < 0) nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_ONSTACK | SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < CRASHES; i++)
    if (sigaction(crashes[i], &action, &before_crash[i]) != 0) return -1;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &before_pipe);
  if (!at_exit_registered) {
    at_exit_registered = 1;
    atexit(on_exit_restore);
  }
  installed = 1;
  return 0;
}

void ctr_uninstall(void) {
  if (!installed) return;
  installed = 0;
  ctr_set_screen_up(0);
  for (int i = 0; i < WATCHED; i++) sigaction(watched[i], &before_watched[i], NULL);
  for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], &before_crash[i], NULL);
  sigaction(SIGPIPE, &before_pipe, NULL);
}

void ctr_set_screen_up(int up) {
  if (up) {
    keep_errors();
    screen_up = 1;
  } else {
    screen_up = 0;
    release_errors();
  }
}

int ctr_ending_signal(void) { return ending; }

int ctr_take(int signal_number) {
  for (int i = 0; i < WATCHED; i++)
    if (watched[i] == signal_number && came[i]) {
      came[i] = 0;
      return 1;
    }
  return 0;
}

void ctr_stop_until_continued(void) {
  struct sigaction ours;
  sigaction(SIGTSTP, NULL, &ours);
  raise_by_default(SIGTSTP);
  sigaction(SIGTSTP, &ours, NULL);
}

void ctr_die(int signal_number) {
  raise_by_default(signal_number);
  _exit(128 + signal_number);
}
