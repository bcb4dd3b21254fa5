#include "CBuildFacts.h"

#ifndef MOBILECAM_COMMIT
#define MOBILECAM_COMMIT ""
#endif

const char *mobilecam_commit(void) { return MOBILECAM_COMMIT; }
