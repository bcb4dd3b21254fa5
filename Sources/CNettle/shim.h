// SHA-256 only: the rest of nettle is not used.
#pragma once
#include <nettle/sha2.h>
