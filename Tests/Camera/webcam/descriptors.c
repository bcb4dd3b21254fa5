// The descriptors of a camera after the USB Video Class 1.1: one camera terminal, one processing unit, one stream.
#include "webcam.h"
#include <string.h>

enum { CS_INTERFACE = 0x24 };

size_t device_descriptor(uint8_t *out) {
  static const uint8_t device[18] = {18, 1, 0x00, 0x02, 0xEF, 2, 1, 64, 0x6B, 0x1D, 0x02, 0x01, 0x00, 0x01, 1, 2, 3, 1};
  memcpy(out, device, sizeof device);
  return sizeof device;
}

// UTF-8 to UTF-16, as USB's strings are; at most 126 units.
size_t string_descriptor(const char *text, uint8_t *out) {
  uint8_t *end = out + 2;
  for (const uint8_t *in = (const uint8_t *)text; *in && end < out + 250;) {
    uint32_t c = *in++;
    int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    if (more) c &= 0x3F >> more;
    while (more-- && *in) c = c << 6 | (*in++ & 0x3F);
    if (c < 0x10000) {
      end = put(end, 2, c);
    } else {
      end = put(end, 2, 0xD800 + ((c - 0x10000) >> 10));
      end = put(end, 2, 0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  out[0] = (uint8_t)(end - out);
  out[1] = 3;
  return out[0];
}

static const char *guid(enum kind kind) {
  switch (kind) {
  case YUYV: return "YUY2\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71";
  case GREY: return "Y800\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71";
  default: return "H264\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71";
  }
}

static uint8_t *format_descriptors(const struct format *format, int index, uint8_t *p) {
  static const int subtypes[] = {[MJPEG] = 6, [YUYV] = 4, [GREY] = 4, [H264] = 0x10};
  int subtype = subtypes[format->kind], lengths[] = {[MJPEG] = 11, [YUYV] = 27, [GREY] = 27, [H264] = 28};
  p = put(p, 1, (uint32_t)lengths[format->kind]);
  p = put(p, 1, CS_INTERFACE);
  p = put(p, 1, (uint32_t)subtype);
  p = put(p, 1, (uint32_t)index);
  p = put(p, 1, (uint32_t)format->count);
  if (format->kind == MJPEG) {
    p = put(p, 1, 1);  // fixed-size samples
  } else {
    memcpy(p, guid(format->kind), 16);
    p = put(p + 16, 1, format->kind == GREY ? 8 : 16);
  }
  p = put(p, 1, 1);  // the default frame
  p = put(p, 4, 0);  // aspect ratio, interlacing, copy protection
  if (format->kind == H264) p = put(p, 1, 1);  // variable size
  for (int i = 0; i < format->count; i++) {
    const struct size *size = &format->sizes[i];
    int rates = 0;
    while (rates < 3 && size->rates[rates]) rates++;
    uint32_t bytes = (uint32_t)(size->width * size->height * (format->kind == GREY ? 1 : 2));
    p = put(p, 1, (uint32_t)(26 + 4 * rates));
    p = put(p, 1, CS_INTERFACE);
    p = put(p, 1, (uint32_t)subtype + 1);
    p = put(p, 1, (uint32_t)i + 1);
    p = put(p, 1, 0);
    p = put(p, 2, (uint32_t)size->width);
    p = put(p, 2, (uint32_t)size->height);
    p = put(p, 4, bytes * 8 * 5);
    p = put(p, 4, bytes * 8 * 30);
    if (format->kind != H264) p = put(p, 4, bytes);
    p = put(p, 4, 10000000u / (uint32_t)size->rates[0]);
    p = put(p, 1, (uint32_t)rates);
    if (format->kind == H264) p = put(p, 4, 0);
    for (int r = 0; r < rates; r++) p = put(p, 4, 10000000u / (uint32_t)size->rates[r]);
  }
  static const uint8_t color[6] = {6, CS_INTERFACE, 0x0D, 1, 1, 4};
  memcpy(p, color, 6);
  return p + 6;
}

size_t configuration_descriptor(const struct options *o, uint8_t *out) {
  static const uint8_t head[] = {
    9, 2, 0, 0, 2, 1, 0, 0x80, 250,  // configuration; its total length is put in below
    8, 11, 0, 2, 0x0E, 3, 0, 0,      // interface association
    9, 4, 0, 0, 0, 0x0E, 1, 0, 0,    // video control
    13, CS_INTERFACE, 1, 0x10, 0x01, 52, 0, 0x00, 0x6C, 0xDC, 0x02, 1, 1,            // header, 1.1, 48 MHz
    18, CS_INTERFACE, 2, 1, 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0,          // camera terminal 1
    12, CS_INTERFACE, 5, 2, 1, 0, 0, 2, 0x0B, 0x00, 0, 0,                            // processing unit 2
    9, CS_INTERFACE, 3, 3, 0x01, 0x01, 0, 2, 0,                                      // output terminal 3
    9, 4, 1, 0, 0, 0x0E, 2, 0, 0,    // video streaming, alternate setting 0
  };
  memcpy(out, head, sizeof head);
  uint8_t *p = out + sizeof head;
  if (o->isBulk) p[-9 + 4] = 1;
  uint8_t *stream = p;
  p = put(p, 1, 13 + (uint32_t)o->formatCount);
  p = put(p, 1, CS_INTERFACE);
  p = put(p, 1, 1);
  p = put(p, 1, (uint32_t)o->formatCount);
  p += 2;  // total length, below
  p = put(p, 1, 0x81);
  p = put(p, 1, 0);
  p = put(p, 1, 3);
  p = put(p, 3, 0);
  p = put(p, 1, 1);
  for (int i = 0; i < o->formatCount; i++) p = put(p, 1, 0);
  for (int i = 0; i < o->formatCount; i++) p = format_descriptors(&o->formats[i], i + 1, p);
  put(stream + 4, 2, (uint32_t)(p - stream));
  static const uint8_t bulk[] = {7, 5, 0x81, 2, 0x00, 0x02, 0};
  // Alternate setting 1: three packets of 1024 bytes a microframe.
  static const uint8_t isochronous[] = {9, 4, 1, 1, 1, 0x0E, 2, 0, 0, 7, 5, 0x81, 5, 0x00, 0x14, 1};
  if (o->isBulk) {
    memcpy(p, bulk, sizeof bulk);
    p += sizeof bulk;
  } else {
    memcpy(p, isochronous, sizeof isochronous);
    p += sizeof isochronous;
  }
  put(out + 2, 2, (uint32_t)(p - out));
  return (size_t)(p - out);
}
