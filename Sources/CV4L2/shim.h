// What Swift cannot import from libv4l2 and videodev2.h: variadics, _IOWR macros and unions. No logic.
#pragma once
#include <linux/videodev2.h>
#include <libv4l2.h>
