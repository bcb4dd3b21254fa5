// What Swift cannot import from libv4l2 and videodev2.h: variadics, _IOWR macros, fourcc macros, mutable globals. No logic.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <libv4l2.h>
#include <libv4lconvert.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

// Requests.
static const unsigned long cv4l2_QUERYCAP = VIDIOC_QUERYCAP;
static const unsigned long cv4l2_ENUM_FMT = VIDIOC_ENUM_FMT;
static const unsigned long cv4l2_ENUM_FRAMESIZES = VIDIOC_ENUM_FRAMESIZES;
static const unsigned long cv4l2_ENUM_FRAMEINTERVALS = VIDIOC_ENUM_FRAMEINTERVALS;
static const unsigned long cv4l2_G_FMT = VIDIOC_G_FMT;
static const unsigned long cv4l2_S_FMT = VIDIOC_S_FMT;
static const unsigned long cv4l2_G_PARM = VIDIOC_G_PARM;
static const unsigned long cv4l2_S_PARM = VIDIOC_S_PARM;
static const unsigned long cv4l2_REQBUFS = VIDIOC_REQBUFS;
static const unsigned long cv4l2_QUERYBUF = VIDIOC_QUERYBUF;
static const unsigned long cv4l2_QBUF = VIDIOC_QBUF;
static const unsigned long cv4l2_DQBUF = VIDIOC_DQBUF;
static const unsigned long cv4l2_STREAMON = VIDIOC_STREAMON;
static const unsigned long cv4l2_STREAMOFF = VIDIOC_STREAMOFF;
static const unsigned long cv4l2_QUERY_EXT_CTRL = VIDIOC_QUERY_EXT_CTRL;
static const unsigned long cv4l2_QUERYMENU = VIDIOC_QUERYMENU;
static const unsigned long cv4l2_G_CTRL = VIDIOC_G_CTRL;
static const unsigned long cv4l2_S_CTRL = VIDIOC_S_CTRL;
static const unsigned long cv4l2_G_INPUT = VIDIOC_G_INPUT;
static const unsigned long cv4l2_ENUMINPUT = VIDIOC_ENUMINPUT;

// Pixel formats.
static const uint32_t cv4l2_YUYV = V4L2_PIX_FMT_YUYV;
static const uint32_t cv4l2_UYVY = V4L2_PIX_FMT_UYVY;
static const uint32_t cv4l2_NV12 = V4L2_PIX_FMT_NV12;
static const uint32_t cv4l2_NV21 = V4L2_PIX_FMT_NV21;
static const uint32_t cv4l2_YU12 = V4L2_PIX_FMT_YUV420;
static const uint32_t cv4l2_GREY = V4L2_PIX_FMT_GREY;
static const uint32_t cv4l2_RGB3 = V4L2_PIX_FMT_RGB24;
static const uint32_t cv4l2_BGR3 = V4L2_PIX_FMT_BGR24;
static const uint32_t cv4l2_MJPG = V4L2_PIX_FMT_MJPEG;
static const uint32_t cv4l2_JPEG = V4L2_PIX_FMT_JPEG;

// libv4l2. On a descriptor that was not given to v4l2_fd_open, each of these is the plain system call.
static inline int cv4l2_ioctl(int fd, unsigned long request, void *argument) {
  return v4l2_ioctl(fd, request, argument);
}
static inline int cv4l2_open(const char *path, int flags) { return open(path, flags); }
static inline void cv4l2_set_log_file(FILE *file) { v4l2_log_file = file; }
// A member of an anonymous union in a packed struct.
static inline int64_t cv4l2_menu_value(const struct v4l2_querymenu *item) { return item->value; }
