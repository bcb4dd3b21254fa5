// A USB camera made of software: what its parts share.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct size {
  int width, height;
  int rates[3];  // frames a second, fastest first; 0 ends them
};

enum kind { MJPEG, YUYV, GREY, H264 };

struct format {
  enum kind kind;
  struct size sizes[4];
  int count;
};

// What the camera is from the moment in which it is plugged in.
struct options {
  const char *name, *serial, *picture;
  bool isBulk;
  struct format formats[4];
  int formatCount;
  uint32_t maximumFrame;  // dwMaxVideoFrameSize of compressed formats; 0: what is right
};

// What goes wrong; changed by commands while it runs.
struct faults {
  int failures;       // stream transfers that fail; negative: all
  int status;         // with this errno
  bool err, noEnd, empty, oversized, frozen;
  bool stalled;       // processing-unit controls are answered with a stall
  int slow;           // milliseconds until a control is answered
  int alternate;      // errno for selecting the streaming alternate setting
  int every;          // a flaw is in each so many-th picture
  char flaw[16];      // of a picture; empty: none
};

// descriptors.c
size_t device_descriptor(uint8_t *out);
size_t configuration_descriptor(const struct options *o, uint8_t *out);
size_t string_descriptor(const char *text, uint8_t *out);

// pictures.c: a frame of a format and a size, with the flaw that `faults` name. Good until the next call.
struct frame {
  const uint8_t *bytes;
  size_t count;
};
struct frame next_frame(const struct options *o, const struct faults *f, enum kind kind, int width, int height);

static inline uint8_t *put(uint8_t *out, int bytes, uint32_t value) {
  for (int i = 0; i < bytes; i++) *out++ = (uint8_t)(value >> 8 * i);
  return out;
}

static inline uint32_t get(const uint8_t *in, int bytes) {
  uint32_t value = 0;
  for (int i = bytes - 1; i >= 0; i--) value = value << 8 | in[i];
  return value;
}
