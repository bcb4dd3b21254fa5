// zlib's file interface (gzopen, gzread …) only.
#pragma once
#include <zlib.h>
