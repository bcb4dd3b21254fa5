// zlib's file interface (gzopen, gzread …), and its streams.
#pragma once
#include <zlib.h>
