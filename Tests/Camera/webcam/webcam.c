// A UVC 1.1 camera made of software, plugged into this machine: it speaks USB/IP, as the device's side, to the kernel's vhci-hcd,
// and the kernel's own uvcvideo drives it.
//
//   webcam --picture FILE [--name TEXT] [--serial TEXT] [--port N] [--formats mjpg,yuyv,grey,h264] [--bulk]
//          [--maximum-frame BYTES] [--commands FIFO]
//
// Commands, one a line of the FIFO:
//   fail N ERRNO      so many transfers of the stream fail; -1: all
//   err on|off        the error bit in every payload
//   noend on|off      no end-of-frame bit
//   empty on|off      a payload without data before each
//   oversized on|off  a payload whose header claims more bytes than it has before each
//   frozen on|off     no transfer of the stream is answered
//   stalled on|off    the processing unit's controls stall
//   slow MS           each answer on a control takes so long
//   alternate ERRNO   selecting the streaming setting fails; 0: no more
//   flaw NAME N       in each N-th picture: lead trail1 trailstale noeoi cut size tables garbage; none
//   unplug            goes away
//   plug [PORT]       comes back
#include "webcam.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4, HEADER = 48, MOST_PACKETS = 128, MOST_URBS = 32 };

static struct options options = {.name = "Software Webcam"};
static struct faults faults;
static int link_ = -1;  // our end of the cable; -1 while it is out
static int port;

// A transfer of the stream that waits for data.
struct transfer {
  uint32_t sequence, bytes, start, packets;
  struct { uint32_t offset, length; } packet[MOST_PACKETS];
};
static struct transfer waiting[MOST_URBS];
static int waitingCount;

// An answer on a control that takes its time.
static struct { bool isDue; uint32_t sequence; int32_t status; uint8_t data[512]; uint32_t count; bool isIn; int64_t at; } late;

static uint8_t probe[34], commit[34];
static int16_t controls[3] = {128, 32, 64};
static bool isOpen;  // the alternate setting is selected; always, of a bulk stream
static bool isStarted;
static struct frame frame;
static size_t sent;
static uint8_t frameBit;
static int64_t nextFrame;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void unplug(void) {
  if (link_ >= 0) close(link_);
  link_ = -1;
  waitingCount = 0;
  late.isDue = isStarted = false;
}

static void plug(void) {
  int ends[2];
  unplug();
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) { perror("socketpair"); exit(1); }
  isOpen = options.isBulk;
  // The port may still be busy with the goodbye of the last device.
  for (int tries = 0; tries < 100; tries++) {
    int attach = open("/sys/devices/platform/vhci_hcd.0/attach", O_WRONLY);
    char words[64];
    int count = snprintf(words, sizeof words, "%d %d %d 3", port, ends[1], 0x10002);
    ssize_t written = attach < 0 ? -1 : write(attach, words, (size_t)count);
    if (attach >= 0) close(attach);
    if (written == count) {
      close(ends[1]);
      link_ = ends[0];
      return;
    }
    usleep(20000);
  }
  perror("vhci_hcd attach");
  exit(1);
}

static bool transfer_all(bool isOut, void *bytes, size_t count) {
  for (uint8_t *at = bytes; count;) {
    ssize_t done = isOut ? send(link_, at, count, MSG_NOSIGNAL) : recv(link_, at, count, 0);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    (at += done), (count -= (size_t)done);
  }
  return true;
}

static uint8_t *big(uint8_t *out, uint32_t value) {
  value = htonl(value);
  memcpy(out, &value, 4);
  return out + 4;
}

static uint32_t word(const uint8_t *header, int index) {
  uint32_t value;
  memcpy(&value, header + 4 * index, 4);
  return ntohl(value);
}

// Answers a transfer: status, bytes, and what a transfer of packets says of each.
static void answer(uint32_t sequence, int32_t status, const uint8_t *data, uint32_t count, uint32_t actual,
                   const struct transfer *packets, const uint32_t *lengths) {
  static uint8_t out[1 << 20];
  memset(out, 0, HEADER);
  big(out, RET_SUBMIT);
  big(out + 4, sequence);
  big(out + 20, (uint32_t)status);
  big(out + 24, actual);
  big(out + 28, packets ? packets->start : 0);
  big(out + 32, packets ? packets->packets : 0);
  uint8_t *p = out + HEADER;
  if (data) memcpy(p, data, count);
  p += data ? count : 0;
  for (uint32_t i = 0; packets && i < packets->packets; i++) {
    p = big(p, packets->packet[i].offset);
    p = big(p, packets->packet[i].length);
    p = big(p, lengths ? lengths[i] : 0);
    p = big(p, 0);
  }
  if (!transfer_all(true, out, (size_t)(p - out))) unplug();
}

// MARK: Control requests

static const struct format *format_of(const uint8_t *control) {
  int index = control[2];
  return &options.formats[index >= 1 && index <= options.formatCount ? index - 1 : 0];
}

static const struct size *size_of(const uint8_t *control) {
  const struct format *format = format_of(control);
  int index = control[3];
  return &format->sizes[index >= 1 && index <= format->count ? index - 1 : 0];
}

// Makes what was proposed one of what there is.
static void settle(uint8_t *control) {
  const struct format *format = format_of(control);
  const struct size *size = size_of(control);
  control[2] = (uint8_t)(format - options.formats + 1);
  control[3] = (uint8_t)(size - format->sizes + 1);
  uint32_t wanted = get(control + 4, 4), best = 0;
  for (int i = 0; i < 3 && size->rates[i]; i++) {
    uint32_t interval = 10000000u / (uint32_t)size->rates[i];
    if (!best || labs((long)interval - (long)wanted) < labs((long)best - (long)wanted)) best = interval;
  }
  put(control + 4, 4, best);
  uint32_t bytes = (uint32_t)(size->width * size->height * (format->kind == GREY ? 1 : 2));
  put(control + 18, 4, format->kind == MJPEG && options.maximumFrame ? options.maximumFrame : bytes);
  put(control + 22, 4, options.isBulk ? 16384 : 3072);
  put(control + 26, 4, 48000000);
}

// Answers a request to the stream's interface or to a unit. Returns the count of bytes in `data`, or a negative errno.
static int class_request(const uint8_t *setup, uint8_t *data) {
  int request = setup[1], selector = setup[3], interface = setup[4], unit = setup[5];
  if (interface == 1) {
    uint8_t *control = selector == 1 ? probe : selector == 2 ? commit : NULL;
    if (!control) return -EPIPE;
    switch (request) {
    case 0x01:
      memcpy(control, data, sizeof probe);
      settle(control);
      if (selector == 2) memcpy(probe, commit, sizeof probe);
      return 0;
    case 0x81: case 0x82: case 0x83: case 0x87:
      memcpy(data, control, sizeof probe);
      if (request == 0x87) memset(data, 0, sizeof probe);
      settle(data);
      return sizeof probe;
    case 0x85: put(data, 2, sizeof probe); return 2;
    case 0x86: data[0] = 3; return 1;
    default: return -EPIPE;
    }
  }
  int index = unit != 2 ? -1 : selector == 2 ? 0 : selector == 3 ? 1 : selector == 7 ? 2 : -1;
  if (index < 0 || faults.stalled) return -EPIPE;
  switch (request) {
  case 0x01: controls[index] = (int16_t)get(data, 2); return 0;
  case 0x81: put(data, 2, (uint32_t)controls[index]); return 2;
  case 0x82: put(data, 2, 0); return 2;
  case 0x83: put(data, 2, 255); return 2;
  case 0x84: put(data, 2, 1); return 2;
  case 0x85: put(data, 2, 2); return 2;
  case 0x86: data[0] = 3; return 1;
  case 0x87: put(data, 2, index == 0 ? 128 : index == 1 ? 32 : 64); return 2;
  default: return -EPIPE;
  }
}

static int standard_request(const uint8_t *setup, uint8_t *data) {
  switch (setup[1]) {
  case 0: put(data, 2, 0); return 2;  // GET_STATUS
  case 6:                             // GET_DESCRIPTOR
    switch (setup[3]) {
    case 1: {
      size_t count = device_descriptor(data);
      if (!options.serial) data[16] = 0;
      return (int)count;
    }
    case 2: return (int)configuration_descriptor(&options, data);
    case 3:
      if (setup[2] == 0) {
        memcpy(data, "\x04\x03\x09\x04", 4);
        return 4;
      }
      return (int)string_descriptor(setup[2] == 1 ? "Software" : setup[2] == 2 ? options.name : options.serial, data);
    default: return -EPIPE;
    }
  case 8: data[0] = 1; return 1;                        // GET_CONFIGURATION
  case 10: data[0] = isOpen && !options.isBulk; return 1;  // GET_INTERFACE
  case 11:                                              // SET_INTERFACE
    if (setup[4] == 1) {
      if (setup[2] && faults.alternate) return -faults.alternate;
      isOpen = setup[2] || options.isBulk;
      isStarted = false;
    }
    return 0;
  case 1: isStarted = false; return 0;                  // CLEAR_FEATURE: the halt of a bulk stream
  case 3: case 5: case 9: return 0;
  default: return -EPIPE;
  }
}

static void control_request(uint32_t sequence, const uint8_t *setup, uint8_t *data) {
  bool isIn = setup[0] & 0x80;
  uint32_t wanted = get(setup + 6, 2);
  static uint8_t reply[4096];
  if (!isIn) memcpy(reply, data, wanted);
  bool isClass = (setup[0] & 0x60) == 0x20;
  int count = isClass ? class_request(setup, reply) : standard_request(setup, reply);
  int32_t status = count < 0 ? count : 0;
  uint32_t actual = count < 0 ? 0 : isIn ? ((uint32_t)count < wanted ? (uint32_t)count : wanted) : wanted;
  if (isClass && setup[4] == 0 && faults.slow) {
    late.isDue = true;
    (late.sequence = sequence), (late.status = status), (late.count = actual), (late.isIn = isIn);
    if (isIn) memcpy(late.data, reply, actual);
    late.at = now() + faults.slow * 1000000LL;
    return;
  }
  answer(sequence, status, isIn ? reply : NULL, isIn ? actual : 0, actual, NULL, NULL);
}

// MARK: The stream

// One payload of at most `room` bytes: a header of two bytes, and what comes next of the frame. Returns its length.
static uint32_t payload(uint8_t *out, uint32_t room) {
  static bool hadFault;
  if ((faults.empty || faults.oversized) && !hadFault) {
    hadFault = true;
    out[0] = faults.oversized ? 255 : 2;
    out[1] = 0x80 | frameBit;
    return 2;
  }
  hadFault = false;
  size_t left = frame.count - sent, count = left < room - 2 ? left : room - 2;
  memcpy(out + 2, frame.bytes + sent, count);
  sent += count;
  out[0] = 2;
  out[1] = (uint8_t)(0x80 | frameBit | (faults.err ? 0x40 : 0) | (sent == frame.count && !faults.noEnd ? 0x02 : 0));
  return (uint32_t)count + 2;
}

static void fill(const struct transfer *it) {
  static uint8_t bytes[1 << 19];
  uint32_t lengths[MOST_PACKETS], count = 0;
  if (faults.failures) {
    if (faults.failures > 0) faults.failures--;
    answer(it->sequence, -faults.status, NULL, 0, 0, it->packets ? it : NULL, NULL);
    return;
  }
  if (!it->packets) {
    count = payload(bytes, it->bytes);
    answer(it->sequence, 0, bytes, count, count, NULL, NULL);
    return;
  }
  for (uint32_t i = 0; i < it->packets; i++) {
    lengths[i] = sent < frame.count ? payload(bytes + count, it->packet[i].length) : 0;
    count += lengths[i];
  }
  answer(it->sequence, 0, bytes, count, count, it, lengths);
}

// Answers what can be answered now. Returns milliseconds until there is more to do; -1: not before something comes.
static int stream(void) {
  if (link_ < 0 || !isOpen || !waitingCount || faults.frozen) return -1;
  if (!isStarted) {
    isStarted = true;
    sent = frame.count = 0;
    nextFrame = now();
  }
  while (waitingCount && link_ >= 0) {
    if (sent == frame.count && !faults.failures) {
      int64_t time = now();
      if (time < nextFrame) return (int)((nextFrame - time) / 1000000) + 1;
      // A machine that is too slow for the rate gets fewer frames, as from a sensor that is read later.
      nextFrame += get(commit + 4, 4) * 100LL;
      if (nextFrame < time) nextFrame = time;
      const struct size *size = size_of(commit);
      frame = next_frame(&options, &faults, format_of(commit)->kind, size->width, size->height);
      sent = 0;
      frameBit ^= 1;
    }
    struct transfer first = waiting[0];
    memmove(waiting, waiting + 1, (size_t)--waitingCount * sizeof *waiting);
    fill(&first);
  }
  return -1;
}

// MARK: The host

static void host(void) {
  uint8_t header[HEADER];
  static uint8_t data[65536];
  if (!transfer_all(false, header, HEADER)) { unplug(); return; }
  uint32_t command = word(header, 0), sequence = word(header, 1), isIn = word(header, 3), endpoint = word(header, 4);
  if (command == CMD_UNLINK) {
    uint32_t target = word(header, 5);
    int32_t status = 0;
    for (int i = 0; i < waitingCount; i++) {
      if (waiting[i].sequence != target) continue;
      memmove(waiting + i, waiting + i + 1, (size_t)(--waitingCount - i) * sizeof *waiting);
      status = -ECONNRESET;
      break;
    }
    if (late.isDue && late.sequence == target) (late.isDue = false), (status = -ECONNRESET);
    uint8_t out[HEADER] = {0};
    big(out, RET_UNLINK);
    big(out + 4, sequence);
    big(out + 20, (uint32_t)status);
    if (!transfer_all(true, out, HEADER)) unplug();
    return;
  }
  uint32_t bytes = word(header, 6), packets = word(header, 8);
  if (!isIn && bytes && (bytes > sizeof data || !transfer_all(false, data, bytes))) { unplug(); return; }
  if (endpoint == 0) {
    control_request(sequence, header + 40, data);
    return;
  }
  struct transfer it = {.sequence = sequence, .bytes = bytes, .start = word(header, 7)};
  if (packets != 0xFFFFFFFF) it.packets = packets;
  if (it.packets > MOST_PACKETS || waitingCount == MOST_URBS) { fprintf(stderr, "more than expected\n"); exit(1); }
  for (uint32_t i = 0; i < it.packets; i++) {
    uint8_t packet[16];
    if (!transfer_all(false, packet, 16)) { unplug(); return; }
    it.packet[i].offset = word(packet, 0);
    it.packet[i].length = word(packet, 1);
  }
  waiting[waitingCount++] = it;
}

static void command(char *line) {
  char what[32] = "", text[32] = "";
  long first = 0, second = 0;
  if (sscanf(line, "%31s %31s %ld", what, text, &second) < 1) return;
  first = strtol(text, NULL, 10);
  bool isOn = !strcmp(text, "on");
  if (!strcmp(what, "fail")) (faults.failures = (int)first), (faults.status = (int)second);
  else if (!strcmp(what, "err")) faults.err = isOn;
  else if (!strcmp(what, "noend")) faults.noEnd = isOn;
  else if (!strcmp(what, "empty")) faults.empty = isOn;
  else if (!strcmp(what, "oversized")) faults.oversized = isOn;
  else if (!strcmp(what, "frozen")) faults.frozen = isOn;
  else if (!strcmp(what, "stalled")) faults.stalled = isOn;
  else if (!strcmp(what, "slow")) faults.slow = (int)first;
  else if (!strcmp(what, "alternate")) faults.alternate = (int)first;
  else if (!strcmp(what, "flaw")) {
    snprintf(faults.flaw, sizeof faults.flaw, "%.15s", strcmp(text, "none") ? text : "");
    faults.every = second ? (int)second : 1;
  } else if (!strcmp(what, "unplug")) unplug();
  else if (!strcmp(what, "plug")) {
    if (*text) port = (int)first;
    plug();
  } else fprintf(stderr, "no such command: %s\n", line);
}

static void add_format(const char *name) {
  static const struct { const char *name; struct format format; } all[] = {
    {"mjpg", {MJPEG, {{640, 480, {30, 15}}, {320, 240, {30, 15}}, {1280, 720, {30, 10}}}, 3}},
    {"yuyv", {YUYV, {{640, 480, {30, 15}}, {320, 240, {30, 15}}, {1280, 720, {10}}}, 3}},
    {"grey", {GREY, {{640, 480, {30}}}, 1}},
    {"h264", {H264, {{640, 480, {30}}, {1920, 1080, {30}}}, 2}},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!strcmp(all[i].name, name) && options.formatCount < 4) {
      options.formats[options.formatCount++] = all[i].format;
      return;
    }
  fprintf(stderr, "--formats: expected mjpg, yuyv, grey or h264, found '%s'\n", name);
  exit(2);
}

int main(int count, char **words) {
  char *formats = NULL;
  const char *commands = NULL;
  for (int i = 1; i < count; i++) {
    const char *value = i + 1 < count ? words[i + 1] : "";
    if (!strcmp(words[i], "--bulk")) { options.isBulk = true; continue; }
    if (!strcmp(words[i], "--picture")) options.picture = value;
    else if (!strcmp(words[i], "--name")) options.name = value;
    else if (!strcmp(words[i], "--serial")) options.serial = value;
    else if (!strcmp(words[i], "--port")) port = atoi(value);
    else if (!strcmp(words[i], "--formats")) formats = words[i + 1];
    else if (!strcmp(words[i], "--maximum-frame")) options.maximumFrame = (uint32_t)strtoul(value, NULL, 10);
    else if (!strcmp(words[i], "--commands")) commands = value;
    else { fprintf(stderr, "%s: no such option\n", words[i]); return 2; }
    i++;
  }
  if (!options.picture) { fprintf(stderr, "--picture FILE is needed\n"); return 2; }
  char usual[] = "mjpg,yuyv";
  for (char *name = strtok(formats ? formats : usual, ","); name; name = strtok(NULL, ",")) add_format(name);
  settle(probe);
  settle(commit);
  // Read and written, so that it never ends.
  int fifo = commands ? open(commands, O_RDWR | O_CLOEXEC) : -1;
  if (commands && fifo < 0) { perror(commands); return 1; }
  plug();
  for (;;) {
    int wait = stream();
    if (late.isDue) {
      int until = (int)((late.at - now()) / 1000000) + 1;
      if (until <= 0) {
        late.isDue = false;
        answer(late.sequence, late.status, late.isIn ? late.data : NULL, late.isIn ? late.count : 0, late.count, NULL, NULL);
        continue;
      }
      if (wait < 0 || until < wait) wait = until;
    }
    struct pollfd ends[2] = {{.fd = link_, .events = POLLIN}, {.fd = fifo, .events = POLLIN}};
    if (poll(ends, 2, wait) < 0 && errno != EINTR) return 1;
    if (link_ >= 0 && ends[0].revents) host();
    if (ends[1].revents & POLLIN) {
      char text[512];
      ssize_t read_ = read(fifo, text, sizeof text - 1);
      if (read_ <= 0) return 1;
      text[read_] = 0;
      for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) command(line);
    }
  }
}
