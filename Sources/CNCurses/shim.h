// What Swift cannot import from ncursesw: variadics, function-like macros and mutable globals. No logic.
#pragma once
#ifndef _XOPEN_SOURCE_EXTENDED
#define _XOPEN_SOURCE_EXTENDED 1
#endif
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <term.h>
#include <wchar.h>

static inline WINDOW *cnc_stdscr(void) { return stdscr; }
static inline int cnc_rows(void) { return getmaxy(stdscr); }
static inline int cnc_columns(void) { return getmaxx(stdscr); }
static inline int cnc_colors(void) { return COLORS; }
static inline int cnc_color_pairs(void) { return COLOR_PAIRS; }
static inline attr_t cnc_bold(void) { return A_BOLD; }
static inline attr_t cnc_dim(void) { return A_DIM; }
static inline attr_t cnc_reverse(void) { return A_REVERSE; }
// Columns of a character in the locale (declared by wchar.h only under _XOPEN_SOURCE).
extern int wcwidth(wchar_t glyph);
static inline int cnc_width(wchar_t glyph) { return wcwidth(glyph); }
static inline const char *cnc_codeset(void) { return nl_langinfo(CODESET); }

// setupterm, tigetstr and tigetflag take `char *` and SCREEN's functions take FILE *, whose globals Swift 6 refuses.
static inline int cnc_setupterm(const char *term, int fd, int *found) { return setupterm((char *)term, fd, found); }
static inline const char *cnc_string(const char *name) { return tigetstr((char *)name); }
static inline int cnc_number(const char *name) { return tigetnum((char *)name); }
static inline int cnc_flag(const char *name) { return tigetflag((char *)name); }
static inline SCREEN *cnc_newterm(const char *term, FILE *output, FILE *input) {
  return newterm((char *)term, output, input);
}
static inline FILE *cnc_stdin(void) { return stdin; }
static inline void cnc_repaint(void) { clearok(curscr, TRUE); }

// A pair number above 255 fits neither COLOR_PAIR nor the `short` argument: it goes through setcchar's `opts`.
static inline int cnc_put(int y, int x, wchar_t glyph, attr_t attributes, int pair) {
  const wchar_t text[2] = {glyph, 0};
  cchar_t cell;
  setcchar(&cell, text, attributes, 0, &pair);
  return mvadd_wch(y, x, &cell);
}

// Returns OK for a character, KEY_CODE_YES for a function key, ERR when there is none.
static inline int cnc_get(wint_t *code) { return wget_wch(stdscr, code); }
