#define _GNU_SOURCE
#include "CTerminalRestore.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum {
  /// How long the terminal may take the bytes that leave the screen, in milliseconds; twice that with the second try.
  LEAVE_PATIENCE = 100,
  /// What was kept of standard error: after a signal, and where the program leaves by itself.
  ERRORS_PATIENCE = 200,
  ERRORS_PATIENCE_IN_ORDER = 5000,
  /// From an ending signal to the first look at whether the screen is still up, and between the next ones.
  WATCHDOG_FIRST = 500,
  WATCHDOG_PERIOD = 100,
  /// At so many looks the main thread ought to have noticed the signal.
  WATCHDOG_LAST = 4,
  /// How long the report of a crash may take.
  REPORT_PATIENCE = 1500,
};

// MARK: Time and bytes

static int64_t milliseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// Writes before `deadline`, or gives up; returns whether all of it went.
static int write_before(int64_t deadline, int fd, const char *bytes, size_t count) {
  while (count > 0) {
    int64_t left = deadline - milliseconds_now();
    if (left <= 0) return 0;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, (int)left) <= 0) continue;
    // In small parts, for a descriptor that blocks: there is room, but nobody says how much.
    ssize_t n = write(fd, bytes, count < 256 ? count : 256);
    if (n < 0 && errno != EINTR && errno != EAGAIN) return 0;
    if (n > 0) {
      bytes += n;
      count -= (size_t)n;
    }
  }
  return 1;
}

/// The same terminal once more, non-blocking: a flag on the description that standard output shares would be the shell's
/// too. A plain copy where it does not open, as after `su`.
static int open_again(int fd) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int own = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/// Takes a descriptor's place: what is written to it then goes nowhere, and nobody waits for it.
static int nowhere = -1;

static void divert(int fd) {
  if (nowhere >= 0 && fd >= 0) dup2(nowhere, fd);
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

// MARK: Standard error while the screen is up

// It goes to a file in memory: a stray line would break the picture, and a trap's message would be lost with the alternate
// screen. `real_errors` is the terminal as it was, `errors_output` the same without blocking.
static int kept_errors = -1, real_errors = -1, errors_output = -1;

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
  errors_output = open_again(STDERR_FILENO);
  kept_errors = memory;
  real_errors = copy;
  dup2(memory, STDERR_FILENO);
}

/// Prints the last of what was kept, to the real standard error. Async-signal-safe; one of two callers does it.
static void release_errors(int milliseconds) {
  int real = __atomic_exchange_n(&real_errors, -1, __ATOMIC_ACQ_REL);
  if (real < 0) return;
  dup2(real, STDERR_FILENO);
  int64_t deadline = milliseconds_now() + milliseconds;
  off_t end = lseek(kept_errors, 0, SEEK_END);
  off_t at = end > 16384 ? end - 16384 : 0;
  char part[1024];
  while (at < end) {
    ssize_t n = pread(kept_errors, part, sizeof part, at);
    if (n <= 0 || !write_before(deadline, errors_output, part, (size_t)n)) break;
    at += n;
  }
  close(real);
  close(kept_errors);
  close(errors_output);
}

// MARK: The terminal

static volatile sig_atomic_t screen_up;
// The one that draws.
static pid_t main_thread;
// What ncurses writes to, and the same terminal for ourselves.
static int drawing = -1, terminal = -1;
static struct termios sane_modes;
// In turns, so that a handler finds a whole one at any moment.
static struct {
  char bytes[512];
  size_t count;
} leave_bytes[2];
static volatile sig_atomic_t leave_turn;

void ctr_set_leave(const char *leave, size_t count) {
  int next = !leave_turn;
  leave_bytes[next].count = count < sizeof leave_bytes[next].bytes ? count : sizeof leave_bytes[next].bytes - 1;
  memcpy(leave_bytes[next].bytes, leave, leave_bytes[next].count);
  leave_turn = next;
}

/// The one way in which the terminal is given back, whoever asks. Async-signal-safe, and harmless where another thread or
/// handler is at it too: `screen_up` falls when it is done, so that nobody ends the process halfway.
static void give_back(int errors_patience) {
  if (!screen_up) return;
  // From a background process group these calls would stop us (TTOU): the terminal is no longer ours to wait for.
  sigset_t stops, before;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTTOU);
  sigprocmask(SIG_BLOCK, &stops, &before);
  // The main thread may be drawing, and wait in a write() that keeps all others off the terminal; once that is interrupted,
  // it goes on, to nowhere.
  divert(drawing);
  if (gettid() != main_thread) tgkill(getpid(), main_thread, SIGURG);
  tcsetattr(terminal, TCSANOW, &sane_modes);
  const char *leave = leave_bytes[leave_turn].bytes;
  size_t count = leave_bytes[leave_turn].count;
  if (!write_before(milliseconds_now() + LEAVE_PATIENCE, terminal, leave, count)) {
    // Its output is stopped (Ctrl-S), or nobody reads; what waits is an old picture. TCOON undoes only a TCOOFF.
    tcflow(terminal, TCOOFF);
    tcflow(terminal, TCOON);
    tcflush(terminal, TCOFLUSH);
    write_before(milliseconds_now() + LEAVE_PATIENCE, terminal, leave, count);
  }
  release_errors(errors_patience);
  screen_up = 0;
  sigprocmask(SIG_SETMASK, &before, NULL);
}

static void on_exit_restore(void) { give_back(ERRORS_PATIENCE_IN_ORDER); }

// MARK: Ending by a signal

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
  // To this thread: it takes the signal before it goes on.
  raise(signal_number);
}

void ctr_die(int signal_number) {
  raise_by_default(signal_number);
  _exit(128 + signal_number);
}

const char *ctr_signal_name(int signal_number) {
  const char *name = sigabbrev_np(signal_number);
  if (name) return name;
  static char digits[3];
  digits[0] = (char)('0' + signal_number / 10 % 10);
  digits[1] = (char)('0' + signal_number % 10);
  return digits;
}

/// Says what happened. Async-signal-safe.
static void say(const char *what, int signal_number) {
  const char *parts[] = {program_invocation_short_name, what, ctr_signal_name(signal_number), "\n"};
  int64_t deadline = milliseconds_now() + ERRORS_PATIENCE;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    write_before(deadline, STDERR_FILENO, parts[i], strlen(parts[i]));
}

static void give_back_and_die(int signal_number) {
  if (screen_up) {
    give_back(ERRORS_PATIENCE);
    say(": ended by signal ", signal_number);
  }
  ctr_die(signal_number);
}

// MARK: The watchdog

// A timer that signals the main thread. Its signal is URG, which does nothing by default, and which no other process sends.
static timer_t watchdog;
static int has_watchdog;
static volatile sig_atomic_t looks;

static volatile sig_atomic_t ending, noticed;
static volatile sig_atomic_t crash_signal;

/// Async-signal-safe; 0 stops it.
static void start_watchdog(int first, int period) {
  if (!has_watchdog) return;
  struct itimerspec times = {
      .it_value = {first / 1000, first % 1000 * 1000000L}, .it_interval = {period / 1000, period % 1000 * 1000000L}};
  looks = 0;
  timer_settime(watchdog, 0, &times, NULL);
}

/// A terminal that does not take what is printed holds up nobody's end.
static void let_go(int fd) {
  struct pollfd ready = {.fd = fd, .events = POLLOUT};
  if (poll(&ready, 1, 0) == 0 && isatty(fd)) divert(fd);
}

/// The screen should have been down by now, or the report of a crash made. As this interrupts the main thread's write(),
/// that goes on, to nowhere.
static void on_watchdog(int signal_number, siginfo_t *info, void *context) {
  (void)signal_number, (void)context;
  if (info->si_code != SI_TIMER) return;
  int saved = errno;
  if (crash_signal) ctr_die(crash_signal);
  looks += 1;
  give_back(ERRORS_PATIENCE);
  if (ending) {
    let_go(STDOUT_FILENO);
    let_go(STDERR_FILENO);
    if (!noticed && looks >= WATCHDOG_LAST) {
      say(": ended by signal ", ending);
      ctr_die(ending);
    }
  } else {
    start_watchdog(0, 0);
  }
  errno = saved;
}

// MARK: Crashes

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
enum { CRASHES = sizeof crashes / sizeof *crashes };
static struct sigaction before_crash[CRASHES];
static int has_swift_reporter;
static pid_t crashed_thread;

static void on_crash(int signal_number, siginfo_t *info, void *context) {
  const struct sigaction *before = NULL;
  for (int i = 0; i < CRASHES; i++)
    if (crashes[i] == signal_number) before = &before_crash[i];
  // Our parent had it ignored, and another process sent it; a fault of our own cannot be ignored.
  if (before->sa_handler == SIG_IGN && info->si_code <= 0 && info->si_pid != getpid()) return;
  pid_t first = 0;
  if (!__atomic_compare_exchange_n(&crashed_thread, &first, gettid(), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    // The report itself crashed; or another thread did as well, and waits for the end.
    if (first == gettid()) ctr_die(signal_number);
    while (1) pause();
  }
  crash_signal = signal_number;
  start_watchdog(REPORT_PATIENCE, WATCHDOG_PERIOD);
  give_back(ERRORS_PATIENCE);
  say(": crashed by signal ", signal_number);
  if (has_swift_reporter && before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) {
    // It takes the time that it takes. It returns, for the fault to come again; a signal that somebody sent does not.
    start_watchdog(0, 0);
    if (before->sa_flags & SA_SIGINFO)
      before->sa_sigaction(signal_number, info, context);
    else
      before->sa_handler(signal_number);
  } else {
    void *frames[64];
    backtrace_symbols_fd(frames, backtrace(frames, sizeof frames / sizeof *frames), STDERR_FILENO);
  }
  ctr_die(signal_number);
}

static void install_crash_handler(void) {
  main_thread = gettid();
  // Room for the handler when the stack is what overflowed. Each thread has its own: this is the main thread's. Where
  // another thread's stack overflows no handler can run, and the terminal stays as it is.
  static char alternate_stack[64 * 1024];
  stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
  sigaltstack(&stack, NULL);
  nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const char *settings = getenv("SWIFT_BACKTRACE");
  has_swift_reporter = settings && *settings;
  // The first call loads the unwinder, which no handler may do.
  void *frame;
  backtrace(&frame, 1);

  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_sigaction = on_watchdog;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGURG, &action, NULL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGURG);
  sigprocmask(SIG_UNBLOCK, &only, NULL);
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGURG;
  event.sigev_notify_thread_id = main_thread;
  has_watchdog = timer_create(CLOCK_MONOTONIC, &event, &watchdog) == 0;

  action.sa_sigaction = on_crash;
  action.sa_flags = SA_ONSTACK | SA_SIGINFO;
  for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], &action, &before_crash[i]);
  // To Swift's runtime QUIT is a crash too; to us it is what it is by default, until the screen watches for it.
  struct sigaction quit;
  if (!has_swift_reporter && sigaction(SIGQUIT, NULL, &quit) == 0 && quit.sa_handler != SIG_IGN) signal(SIGQUIT, SIG_DFL);
}

// Swift's runtime sets its handlers while it is loaded: a signal that came between that and ours would start its reporter,
// which asks a question and waits. So signals are held back from before the first library is initialised, and let in when
// ours are there.
static sigset_t mask_at_start;

static void hold_signals_back(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &mask_at_start);
}

__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(void) = hold_signals_back;

__attribute__((constructor)) static void after_libraries(void) {
  install_crash_handler();
  sigprocmask(SIG_SETMASK, &mask_at_start, NULL);
}

// MARK: Other signals

enum kind {
  /// Cannot be caught, does nothing or stops the process by default; or it is a crash.
  UNTOUCHED,
  /// The program ends in order.
  ENDING,
  /// The program does something about it.
  NOTED,
  /// All others: they end the process by default.
  FATAL,
};

static enum kind kind_of(int signal_number) {
  switch (signal_number) {
    case SIGINT: case SIGTERM: case SIGHUP: case SIGQUIT: return ENDING;
    case SIGTSTP: case SIGCONT: case SIGWINCH: return NOTED;
    case SIGSEGV: case SIGBUS: case SIGILL: case SIGFPE: case SIGTRAP: case SIGABRT: return UNTOUCHED;
    case SIGKILL: case SIGSTOP: case SIGTTIN: case SIGTTOU: case SIGCHLD: case SIGURG: return UNTOUCHED;
    default: return FATAL;
  }
}

static struct sigaction before[NSIG];
static char is_replaced[NSIG];
static volatile sig_atomic_t came[NSIG];
static int64_t ending_since;
static int wake = -1;

static void on_watched(int signal_number) {
  int saved = errno;
  came[signal_number] = 1;
  if (kind_of(signal_number) == ENDING) {
    if (!ending) {
      ending = signal_number;
      ending_since = milliseconds_now();
      start_watchdog(WATCHDOG_FIRST, WATCHDOG_PERIOD);
    } else if (milliseconds_now() - ending_since >= 1000) {
      // Asked again: leaving in order takes too long.
      give_back_and_die(signal_number);
    }
  } else if (signal_number == SIGTSTP && !ending) {
    start_watchdog(WATCHDOG_FIRST, WATCHDOG_PERIOD);
  }
  ctr_wake(wake);
  errno = saved;
}

int ctr_install(int drawing_fd, int wake_fd) {
  static int at_exit_registered;
  if (tcgetattr(drawing_fd, &sane_modes) != 0) return -1;
  terminal = open_again(drawing_fd);
  if (terminal < 0) return -1;
  drawing = drawing_fd;
  wake = wake_fd;
  ending = noticed = 0;

  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigfillset(&action.sa_mask);
  for (int i = 1; i < NSIG; i++) {
    came[i] = is_replaced[i] = 0;
    enum kind kind = kind_of(i);
    // The C library keeps 32 and 33 to itself.
    if (kind == UNTOUCHED || sigaction(i, NULL, &before[i]) != 0) continue;
    // A signal that the parent ignored (nohup, a background job) stays ignored; so do PIPE and XFSZ, which the program
    // ignores. To WINCH and CONT that means nothing.
    if (before[i].sa_handler == SIG_IGN && i != SIGWINCH && i != SIGCONT) continue;
    if (before[i].sa_handler != SIG_DFL && kind == FATAL) continue;
    action.sa_handler = kind == FATAL ? give_back_and_die : on_watched;
    is_replaced[i] = sigaction(i, &action, NULL) == 0;
  }
  if (!at_exit_registered) {
    at_exit_registered = 1;
    atexit(on_exit_restore);
  }
  return 0;
}

void ctr_uninstall(void) {
  if (terminal < 0) return;
  ctr_screen_down();
  for (int i = 1; i < NSIG; i++)
    if (is_replaced[i]) sigaction(i, &before[i], NULL);
  close(terminal);
  terminal = drawing = -1;
}

/// Whether the terminal is another process group's.
static int is_in_background(void) {
  pid_t group = tcgetpgrp(terminal);
  return group > 0 && group != getpgrp();
}

void ctr_screen_up(void) {
  // ncurses' first call would stop us likewise (TTOU), but it would do so again after an ending signal. The stop does
  // nothing where no shell could continue us.
  while (is_in_background() && !ending) {
    came[SIGCONT] = 0;
    raise(SIGTTOU);
    if (!came[SIGCONT]) break;
  }
  came[SIGCONT] = 0;
  if (ending) {
    divert(drawing);
    return;
  }
  // It was a copy of that before it was diverted.
  dup2(STDOUT_FILENO, drawing);
  screen_up = 1;
  keep_errors();
}

void ctr_screen_down(void) {
  give_back(ending ? ERRORS_PATIENCE : ERRORS_PATIENCE_IN_ORDER);
  // After an ending signal it goes on: the last words are still to be printed.
  if (!ending) start_watchdog(0, 0);
}

int ctr_ending_signal(void) {
  if (ending) noticed = 1;
  return ending;
}

int ctr_take(int signal_number) {
  int has_come = came[signal_number];
  came[signal_number] = 0;
  return has_come;
}

void ctr_stop_until_continued(void) {
  struct sigaction ours;
  sigaction(SIGTSTP, NULL, &ours);
  raise_by_default(SIGTSTP);
  sigaction(SIGTSTP, &ours, NULL);
}
