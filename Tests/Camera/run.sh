#!/usr/bin/env bash
# Runs the tests of tests/*.sh in a virtual machine whose kernel has cameras: those of its own driver 'vivid', and USB cameras made of
# software (webcam/) behind the real 'uvcvideo'.
#
#   Tests/Camera/run.sh BINARY [--tests PATTERN] [--keep] [--soak MINUTES [--seed N]]
#
# BINARY    the mobilecam to test, as `swift build` left it, with capture-probe beside it
# PATTERN   runs only the tests whose name matches (grep -E)
# --soak    instead of the tests: the live program with settings and faults at random from a seed, which is printed
# --keep    leaves the machine's folder, with its console log, for a look
#
# Prints one line a test and `N passed, N failed`. Exit status: 0 all passed, 1 a test failed, 2 wrong usage.
# Where the machine can't be had, says 'skipped: why' and exits 0, or 1 if MOBILECAM_REQUIRE_CAMERA=1.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=$root/.build-camera

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

skip() {
  echo "skipped: $1"
  [ "${MOBILECAM_REQUIRE_CAMERA:-0}" != 1 ] || { echo "MOBILECAM_REQUIRE_CAMERA=1 makes that a failure"; exit 1; }
  exit 0
}

binary= pattern=. keep=0 soak=0 seed=$((RANDOM * 32768 + RANDOM))
while [ $# -gt 0 ]; do
  case $1 in
    --tests) [ $# -ge 2 ] || usage; pattern=$2; shift ;;
    --keep) keep=1 ;;
    --soak) [ $# -ge 2 ] || usage; soak=$2; shift ;;
    --seed) [ $# -ge 2 ] || usage; seed=$2; shift ;;
    -*) usage ;;
    *) [ -z "$binary" ] || usage; binary=$1 ;;
  esac
  shift
done
[ -n "$binary" ] || usage
case $soak$seed in *[!0-9]*) usage ;; esac
for program in "$binary" "$(dirname "$binary")/capture-probe"; do
  [ -x "$program" ] || { echo "$program: expected a program, found none; build it first (swift build -c release)" >&2; exit 2; }
done

. "$here/machine.sh"

[ "$(uname -m)" = x86_64 ] || skip "the camera's machine is an x86-64 one"
mkdir -p "$cache"
install_tools || skip "$reason"
fetch_kernel || skip "$reason"
build_loopback || {
  loopback=
  echo "no v4l2loopback ($reason): motion JPEG is not tested in the machine"
  [ "${MOBILECAM_REQUIRE_CAMERA:-0}" != 1 ] || { echo "MOBILECAM_REQUIRE_CAMERA=1 makes that a failure"; exit 1; }
}

build_webcam || skip "$reason"

machine=$(mktemp -d "$cache/machine.XXXXXX")
cleanup() { [ $keep = 1 ] && echo "the machine's folder: $machine" || rm -rf "$machine"; }
trap cleanup EXIT
if [ "$soak" = 0 ]; then
  # For one that hangs: some machines are three times as slow as others.
  limit=${MOBILECAM_CAMERA_TIMEOUT_SECONDS:-1500}
  build_initramfs "$machine" "$binary" tests "$pattern" 120
else
  # The machine is slow and the last fault has its time too.
  limit=$((soak * 60 + 900))
  echo "soak: $soak minutes, seed $seed (again with: $0 $binary --soak $soak --seed $seed)"
  build_initramfs "$machine" "$binary" soak . $((limit - 120))
fi

passed=0 failed=0 ended=0
while IFS= read -r line; do
  line=${line%$'\r'}
  case $line in
    'ok '*) passed=$((passed + 1)); echo "$line" ;;
    'FAILED '*) failed=$((failed + 1)); echo "$line" ;;
    END) ended=1 ;;
    *) echo "$line" ;;
  esac
done < <(boot "$machine")

if [ $ended = 0 ]; then
  echo "FAILED the machine stopped before the last test (or ran out of time); the end of its console:"
  tail -n 30 "$machine/console.log" | tr -d '\r' | sed 's/^/    /'
  failed=$((failed + 1))
elif [ $((passed + failed)) = 0 ]; then
  echo "FAILED no test has a name that matches '$pattern'"
  failed=1
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
