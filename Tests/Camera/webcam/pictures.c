// Frames from a photograph: cut and scaled to a size, as JPEG or raw, and with the flaws that cameras have.
#include "webcam.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

static uint8_t *scaled(const char *path, int width, int height) {
  static uint8_t *photograph;
  static int photoWidth, photoHeight;
  if (!photograph) {
    FILE *file = fopen(path, "rb");
    if (!file) { perror(path); exit(1); }
    static uint8_t bytes[8 << 20];
    size_t count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    tjhandle decoder = tjInitDecompress();
    int subsampling, colorspace;
    if (tjDecompressHeader3(decoder, bytes, count, &photoWidth, &photoHeight, &subsampling, &colorspace)) exit(1);
    photograph = malloc((size_t)photoWidth * (size_t)photoHeight * 3);
    if (tjDecompress2(decoder, bytes, count, photograph, photoWidth, 0, photoHeight, TJPF_RGB, 0)) exit(1);
    tjDestroy(decoder);
  }
  // The largest part of the picture's middle that has the right shape.
  double scale = (double)photoWidth / width < (double)photoHeight / height ? (double)photoWidth / width
                                                                          : (double)photoHeight / height;
  double left = (photoWidth - scale * width) / 2, top = (photoHeight - scale * height) / 2;
  uint8_t *pixels = malloc((size_t)width * (size_t)height * 3), *out = pixels;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++, out += 3) {
      int fromX = (int)(left + (x + 0.5) * scale), fromY = (int)(top + (y + 0.5) * scale);
      memcpy(out, photograph + ((size_t)fromY * (size_t)photoWidth + (size_t)fromX) * 3, 3);
    }
  return pixels;
}

static size_t jpeg(const struct options *o, int width, int height, uint8_t *out, size_t room) {
  uint8_t *pixels = scaled(o->picture, width, height), *made = NULL;
  unsigned long count = 0;
  tjhandle encoder = tjInitCompress();
  if (tjCompress2(encoder, pixels, width, 0, height, TJPF_RGB, &made, &count, TJSAMP_422, 85, 0) || count > room) exit(1);
  memcpy(out, made, count);
  tjFree(made);
  tjDestroy(encoder);
  free(pixels);
  return count;
}

// Y'CbCr of BT.601, limited range.
static size_t raw(const struct options *o, enum kind kind, int width, int height, uint8_t *out) {
  uint8_t *pixels = scaled(o->picture, width, height), *end = out;
  for (int i = 0; i < width * height; i += 2) {
    const uint8_t *p = pixels + 3 * i;
    double luma[2], blue = 0, red = 0;
    for (int k = 0; k < 2; k++) {
      const uint8_t *q = p + 3 * k;
      luma[k] = 0.299 * q[0] + 0.587 * q[1] + 0.114 * q[2];
      blue += (q[2] - luma[k]) / 1.772 / 2;
      red += (q[0] - luma[k]) / 1.402 / 2;
    }
    if (kind == GREY) {
      *end++ = (uint8_t)(luma[0] + 0.5);
      *end++ = (uint8_t)(luma[1] + 0.5);
    } else {
      *end++ = (uint8_t)(16.5 + luma[0] * 219 / 255);
      *end++ = (uint8_t)(128.5 + blue * 224 / 255);
      *end++ = (uint8_t)(16.5 + luma[1] * 219 / 255);
      *end++ = (uint8_t)(128.5 + red * 224 / 255);
    }
  }
  free(pixels);
  return (size_t)(end - out);
}

// Without the segments DHT, as many cameras send it.
static size_t without_tables(const uint8_t *in, size_t count, uint8_t *out) {
  size_t at = 2, kept = 2;
  memcpy(out, in, 2);
  while (at + 4 < count && in[at + 1] != 0xDA) {
    size_t length = 2 + ((size_t)in[at + 2] << 8 | in[at + 3]);
    if (in[at + 1] != 0xC4) {
      memcpy(out + kept, in + at, length);
      kept += length;
    }
    at += length;
  }
  memcpy(out + kept, in + at, count - at);
  return kept + count - at;
}

struct frame next_frame(const struct options *o, const struct faults *f, enum kind kind, int width, int height) {
  static uint8_t whole[4 << 20], flawed[4 << 20];
  static size_t count;
  static enum kind lastKind;
  static int lastWidth, number;
  static char lastSize[8];
  bool hasFlaw = f->flaw[0] && number++ % (f->every ? f->every : 1) == 0;
  // The picture of another size is a picture of its own.
  const char *size = hasFlaw && !strcmp(f->flaw, "size") ? "other" : "agreed";
  if (!count || kind != lastKind || width != lastWidth || strcmp(size, lastSize)) {
    int divisor = strcmp(size, "other") ? 1 : 2;
    count = kind == MJPEG ? jpeg(o, width / divisor, height / divisor, whole, sizeof whole)
                          : raw(o, kind, width, height, whole);
    (lastKind = kind), (lastWidth = width);
    strcpy(lastSize, size);
  }
  struct frame frame = {whole, count};
  if (!hasFlaw || !strcmp(f->flaw, "size")) return frame;
  size_t lead = strcmp(f->flaw, "lead") ? 0 : 4;
  memset(flawed, 0, lead);
  memcpy(flawed + lead, whole, count);
  frame = (struct frame){flawed, count + lead};
  if (!strcmp(f->flaw, "trail1")) {
    flawed[count] = 0x5A;
    frame.count += 1;
  } else if (!strcmp(f->flaw, "trailstale")) {
    memcpy(flawed + count, whole + 1000, 3000);
    frame.count += 3000;
  } else if (!strcmp(f->flaw, "noeoi")) {
    frame.count -= 2;
  } else if (!strcmp(f->flaw, "cut")) {
    frame.count = count / 2;
  } else if (!strcmp(f->flaw, "tables")) {
    frame.count = without_tables(whole, count, flawed);
  } else if (!strcmp(f->flaw, "garbage")) {
    memset(flawed, 0x55, count);
  }
  return frame;
}
