// Signal handlers that leave a sane terminal. In C because only async-signal-safe calls may run in them.
#pragma once
#include <stddef.h>
#include <termios.h>

/// A counter that poll() can wait for (eventfd, non-blocking), or -1 with errno.
int ctr_wake_create(void);
/// Makes poll() on it return; safe from any thread.
void ctr_wake(int wake_fd);
/// Takes what was counted, so that poll() waits again; returns whether there was anything.
int ctr_wake_take(int wake_fd);

/// Starts watching: INT, TERM, HUP, QUIT, TSTP, CONT and WINCH set a flag and write to `wake_fd` (an eventfd); crash
/// signals (SEGV, BUS, ILL, FPE, TRAP, ABRT) restore the terminal at once, say so, go to the handler that was there before,
/// and end the process. PIPE is ignored.
/// `leave` is the byte string that leaves the screen; it is copied (at most 511 bytes). Returns 0, or -1 with errno.
int ctr_install(int terminal_fd, const struct termios *sane, const char *leave, size_t leave_bytes, int wake_fd);

/// Puts back every handler that `ctr_install` replaced and prints what was written to standard error meanwhile.
void ctr_uninstall(void);

/// While the screen is up the handlers restore the terminal in a crash; while it is not they leave it alone.
/// Standard error, if it is a terminal, is kept in memory while `up`, and printed afterwards.
void ctr_set_screen_up(int up);

/// INT, TERM, HUP or QUIT if one came since `ctr_install`, else 0.
int ctr_ending_signal(void);

/// Whether `signal` (TSTP, CONT or WINCH) came since the last call for it.
int ctr_take(int signal);

/// Stops this process as its default reaction to TSTP would; returns when it is continued.
void ctr_stop_until_continued(void);

/// `TERM`, `SEGV` …; `?` for none that is known.
const char *ctr_signal_name(int signal);

/// Ends this process by `signal`'s default reaction, so that its parent sees the signal in the exit status.
_Noreturn void ctr_die(int signal);
