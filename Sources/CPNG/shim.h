// libpng's simplified interface (png_image_*) only: it needs no setjmp.
#pragma once
#include <png.h>
