// Signal handlers that leave a sane terminal and say what happened. In C because only async-signal-safe calls may run in
// them.
#pragma once
#include <stddef.h>

/// A counter that poll() can wait for (eventfd, non-blocking), or -1 with errno.
int ctr_wake_create(void);
/// Makes poll() on it return; safe from any thread.
void ctr_wake(int wake_fd);
/// Takes what was counted, so that poll() waits again; returns whether there was anything.
int ctr_wake_take(int wake_fd);

// From the program's start a crash signal (SEGV, BUS, ILL, FPE, TRAP, ABRT) gives the terminal back if the screen has it,
// prints one line and the stack's frames to standard error, and ends the process within two seconds. Swift's own reporter,
// which takes longer and asks questions, has its turn only where SWIFT_BACKTRACE is set.

/// Starts watching: INT, TERM, HUP, QUIT, TSTP, CONT and WINCH set a flag and write to `wake_fd` (an eventfd); every other
/// signal that ends a process by default gives the terminal back first. What was ignored stays ignored.
/// `drawing_fd` is a copy of standard output that only the screen writes to. Returns 0, or -1 with errno.
int ctr_install(int drawing_fd, int wake_fd);

/// Puts back every handler that `ctr_install` replaced, the screen being down.
void ctr_uninstall(void);

/// The byte string that leaves the screen; it is copied (at most 511 bytes).
void ctr_set_leave(const char *leave, size_t count);

/// To be called before the first byte that changes the terminal: from now on the handlers give it back. Standard error, if
/// it is a terminal, is kept in memory until then: a stray line would break the picture.
/// In the background it returns once the terminal is ours. After an ending signal the screen stays down.
void ctr_screen_up(void);

/// Gives the terminal back: its modes, the screen left, what was written to standard error printed. Never waits long for a
/// terminal that takes nothing. What is written to `drawing_fd` goes nowhere until `ctr_screen_up`.
void ctr_screen_down(void);

/// INT, TERM, HUP or QUIT if one came since `ctr_install`, else 0. Whoever asked is taken to be leaving in order; where
/// nobody asks in time, the process is ended.
int ctr_ending_signal(void);

/// Whether `signal` (TSTP, CONT or WINCH) came since the last call for it.
int ctr_take(int signal);

/// Stops this process as its default reaction to TSTP would; returns when it is continued.
void ctr_stop_until_continued(void);

/// `TERM`, `SEGV` …; the number of one that has no name.
const char *ctr_signal_name(int signal);

/// Ends this process by `signal`'s default reaction, so that its parent sees the signal in the exit status.
_Noreturn void ctr_die(int signal);
