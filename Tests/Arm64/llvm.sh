#!/usr/bin/env bash
# Prints a folder that holds llvm-mca and llvm-objdump of Debian sid's newest LLVM, whose models of processors are the
# newest: fetched and unpacked into the cache of run.sh, about 400 MB, where it is not yet there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${MOBILECAM_ARM64_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mobilecam-arm64}
folder=$cache/llvm
log=$cache/llvm.log
if [ ! -e "$folder/bin/llvm-mca" ]; then
  mkdir -p "$cache"
  : > "$log"
  # The toolchain's packages are none of these.
  tools=$cache
  cache=$cache/llvm-packages
  why=$(
    # shellcheck source=Tests/Arm64/packages.sh
    . "$here/packages.sh"
    lists amd64
    newest=$(apt-cache "${options[@]}" pkgnames llvm- | grep -x 'llvm-[0-9]*' | sort -V | tail -n 1)
    fetch amd64 "$newest"
    rm -rf --one-file-system "$tools/llvm-root"
    unpack amd64 "$tools/llvm-root"
  ) || { echo "${why:-LLVM could not be had, see $log}" >&2; exit 1; }
  rm -rf --one-file-system "$cache"
  # With sid's C library, which this machine's programs do not know.
  mkdir -p "$folder/bin"
  libraries=$tools/llvm-root/usr/lib/x86_64-linux-gnu
  for tool in llvm-objdump llvm-mca; do
    program=$(echo "$tools"/llvm-root/usr/lib/llvm-*/bin/$tool)
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
      "$libraries/ld-linux-x86-64.so.2" "$libraries" "$program" > "$folder/bin/$tool.new"
    chmod +x "$folder/bin/$tool.new"
    mv "$folder/bin/$tool.new" "$folder/bin/$tool"
  done
fi
echo "$folder/bin"
