// What the build was told of itself. In C, since only there can a manifest define text.
#pragma once

/// The commit that was built, or an empty string where the build was not told.
const char *mobilecam_commit(void);
