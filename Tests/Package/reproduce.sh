#!/usr/bin/env bash
# Builds the packages once more, from a clone in another folder, and compares them byte for byte.
#   Tests/Package/reproduce.sh dist
# Exit status: 0 the same, 1 not; 2 wrong usage, or something that is not committed.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# = 1 ] && [ -d "$1" ] || { sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ -z "$(git status --porcelain)" ] || { echo "reproduce: expected a clean checkout; commit or put away what git status shows" >&2; exit 2; }
first=$(realpath "$1")
other=$(mktemp -d)
trap 'rm -rf "$other"' EXIT
git clone -q . "$other/of/another/length"
make -C "$other/of/another/length" tarball > "$other/log" 2>&1 || { tail -n 40 "$other/log"; exit 1; }
cd "$first"
sha256sum ./*.deb ./*.tar.gz
cd "$other/of/another/length/dist"
sha256sum ./*.deb ./*.tar.gz
for file in "$first"/*; do cmp "$file" "$(basename "$file")"; done
echo "the same, byte for byte"
