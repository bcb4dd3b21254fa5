// What the build was told of itself. In C, so that a new commit compiles this one file and nothing else.
#pragma once

/// The commit that was built, or an empty string where the build was not told.
const char *mobilecam_commit(void);
