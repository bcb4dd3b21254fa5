#!/usr/bin/env bash
# The program on older processors, by emulation: a Nehalem has SSE4.2 and nothing newer, a Haswell AVX2 and no AVX-512.
# The golden tests run on the kernels that such a processor has, and the commands run from end to end. An instruction
# that the processor lacks, anywhere, ends the program with a signal.
#
# Usage: run.sh BUILD-FOLDER
set -u
build=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

skip() {
  echo "skipped: $1"
  [ "${MOBILECAM_REQUIRE_EMULATOR:-}" = 1 ] && exit 1
  exit 0
}
[ "$(uname -m)" = x86_64 ] || skip "these processors are x86-64, this machine is $(uname -m)"
command -v qemu-x86_64-static >/dev/null || skip "no qemu-x86_64-static (Debian's qemu-user-static)"

check() { # NAME COMMAND…
  local name=$1
  shift
  if "$@" >"$scratch/out" 2>"$scratch/err"; then
    passed=$((passed + 1))
    echo "ok $name"
  else
    failed=$((failed + 1))
    echo "not ok $name (status $?)"
    tail -n 20 "$scratch/out" "$scratch/err"
  fi
}

labels() { # CPU: the program says espresso, with the kernels that the processor should run
  qemu-x86_64-static -cpu "$1" "$build/mobilecam" classify --threads 2 "$root/assets/demo/coffee.jpg" &&
    grep -q espresso "$scratch/out"
}
runs_on() { # CPU ISA
  qemu-x86_64-static -cpu "$1" "$build/mobilecam" live --source demo --headless --frames 3 --resolution 64 &&
    grep -q "\"isa\":\"$2\"" "$scratch/out"
}
golden() { # CPU ISA
  MOBILECAM_GOLDEN_ISA=$2 qemu-x86_64-static -cpu "$1" "$build/mobilecamPackageTests.xctest" \
    --testing-library swift-testing --filter 'GoldenTests/shippedWeights' &&
    cat "$scratch/out" "$scratch/err" | grep -q 'Test run with [1-9][0-9]* test.* passed'
}

for pair in "Nehalem baseline" "Haswell avx2"; do
  set -- $pair
  check "$1: labels" labels "$1"
  check "$1: live on the $2 kernels" runs_on "$1" "$2"
  check "$1: TensorFlow's outputs on the $2 kernels" golden "$1" "$2"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
