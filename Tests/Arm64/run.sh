#!/usr/bin/env bash
# Builds for arm64 on an x86-64 machine, and runs what comes out on emulated processors: suites, and the program itself.
#
#   Tests/Arm64/run.sh program  three processors: classify and live, no suites; only where a build is kept, and in
#                               minutes, for CI
#   Tests/Arm64/run.sh short    two processors: kernels, TensorFlow's outputs, classify and live
#   Tests/Arm64/run.sh whole    five processors, and more suites and commands
#
# toolchain.sh makes the compiler's folder and that of an arm64 Debian. All of it, the build too, is kept in
# MOBILECAM_ARM64_CACHE (~/.cache/mobilecam-arm64), about 6 GB: what is there is not made again. An instruction that a
# processor lacks ends the program with a signal, there as on a board. Speed is nothing that an emulator could tell.
# Where it cannot be had, says 'skipped: why' and exits 0, or 1 if MOBILECAM_REQUIRE_ARM64=1.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)
cache=${MOBILECAM_ARM64_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mobilecam-arm64}
extent=${1:-}
case $extent in program | short | whole) ;; *) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac

skip() {
  echo "skipped: $1"
  [ "${MOBILECAM_REQUIRE_ARM64:-0}" != 1 ] || { echo "MOBILECAM_REQUIRE_ARM64=1 makes that a failure"; exit 1; }
  exit 0
}
[ "$(uname -m)" != aarch64 ] || skip "this machine is arm64: make test runs all suites on it"
[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || skip "the compiler for arm64 runs on Linux on x86-64, this is $(uname -sm)"
for tool in apt-get dpkg-deb git unshare; do command -v $tool > /dev/null || skip "no $tool"; done
[ "$(id -u)" = 0 ] && map= || map="--user --map-root-user"
# shellcheck disable=SC2086
unshare $map --mount true 2> /dev/null || skip "no folder of its own for the compiler: unshare is not allowed here"

if [ "$extent" = program ]; then
  [ -e "$cache/resolved" ] || skip "no build for arm64 is kept in $cache: make test-arm64 makes one, which takes long"
  built=(timeout --foreground 300)
  products=(--product mobilecam)
else
  built=()
  products=(--build-tests)
fi

mkdir -p "$cache"
root=$cache/root
work=$root/arm64
log=$cache/log
: > "$log"

# Runs a command with the cache's folder as root.
inside() {
  # shellcheck disable=SC2086
  unshare $map --mount --fork sh -c '
    root=$1 shared=$2
    shift 2
    mount --rbind /dev "$root/dev" && mount --rbind /proc "$root/proc" &&
      if [ -d "$shared" ]; then mount --rbind "$shared" "$root/arm64/shared"; fi &&
      exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/usr/libexec/swift/bin HOME=/root TMPDIR=/tmp LANG=C.UTF-8 "$@"
  ' sh "$root" "${MOBILECAM_SHARED:-$checkout/../shared}" "$@"
}

why=$(
  set -e
  # shellcheck source=Tests/Arm64/toolchain.sh
  . "$here/toolchain.sh"
) || skip "${why:-the toolchain could not be made, see $log}"

# The checkout as it stands, with its times, so that only what changed is built again.
echo "building for arm64 in $cache"
mkdir -p "$work/checkout" "$work/shared" "$work/mirrors"
rm -rf "$work/checkout/Sources" "$work/checkout/Tests"
(cd "$checkout" && git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2> /dev/null | tar -cf - -T -) |
  tar -xf - -C "$work/checkout"
# Debian's Swift may be older than the one that the manifest asks for; what it cannot build is then an error.
version=$(inside swift --version 2>> "$log" | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
asked=$(sed -n '1s/.*: //p' "$checkout/Package.swift")
if [ "$(printf '%s\n%s\n' "$version" "$asked" | sort -V | head -n 1)" != "$asked" ]; then
  sed -i "1s/$asked/$version/" "$work/checkout/Package.swift"
  # Nor does its clang know -Xarch_ on Linux; this copy is for arm64 alone.
  sed -i 's/flags\.flatMap { \["-Xarch_.*\$0\] }$/(processor == "aarch64" ? flags : [])/' "$work/checkout/Package.swift"
  touch -r "$checkout/Package.swift" "$work/checkout/Package.swift"
fi
# The packages' repositories: this machine may have mirrors of them, which the compiler's folder does not know.
cp -p "$checkout/debian/pins" "$work/checkout/Package.resolved"
if [ ! -e "$cache/resolved" ] || ! cmp -s "$checkout/debian/pins" "$cache/resolved"; then
  swift package --package-path "$checkout" --scratch-path "$cache/packages" resolve >> "$log" 2>&1 ||
    skip "the packages' repositories: $(tail -n 1 "$log")"
  rm -rf "$work/mirrors"
  cp -R "$cache/packages/repositories" "$work/mirrors"
  {
    printf '[safe]\n\tdirectory = *\n'
    for repository in "$work"/mirrors/*; do
      printf '[url "/arm64/mirrors/%s"]\n\tinsteadOf = %s\n' "$(basename "$repository")" \
        "$(git -c safe.directory='*' -C "$repository" config remote.origin.url)"
    done
  } > "$root/etc/gitconfig"
  cp "$checkout/debian/pins" "$cache/resolved"
fi

triple=aarch64-unknown-linux-gnu
pkgconfig=/arm64/sysroot/usr/lib/aarch64-linux-gnu/pkgconfig
status=0
inside PKG_CONFIG_PATH=$pkgconfig PKG_CONFIG_SYSROOT_DIR=/arm64/sysroot PKG_CONFIG_LIBDIR=$pkgconfig \
  "${built[@]}" swift build -c release --package-path /arm64/checkout --scratch-path /arm64/build --swift-sdks-path /arm64/sdks --swift-sdk arm64 \
  ${MOBILECAM_ARM64_JOBS:+--jobs "$MOBILECAM_ARM64_JOBS"} "${products[@]}" >> "$log" 2>&1 || status=$?
[ "$status" != 124 ] || skip "not built within five minutes"
[ "$status" = 0 ] || { tail -n 40 "$log"; echo "FAILED building for arm64 (all of it: $log)"; exit 1; }

passed=0
failed=0
check() { # NAME COMMAND…
  local name=$1
  shift
  if "$@" > "$cache/out" 2> "$cache/err"; then
    passed=$((passed + 1))
    echo "ok $name"
  else
    failed=$((failed + 1))
    echo "not ok $name"
    tail -n 20 "$cache/out" "$cache/err"
  fi
}

# What is emulated has its own libraries, and this machine's kernel.
run() { # CPU VARIABLES… PROGRAM ARGUMENTS…
  local cpu=$1
  shift
  local variables=()
  while [[ $1 == *=* ]]; do
    variables+=(-E "$1")
    shift
  done
  inside /usr/bin/qemu-aarch64 -cpu "$cpu" -L /arm64/sysroot \
    -E LD_LIBRARY_PATH=/usr/libexec/swift/lib/swift/linux:/usr/lib/aarch64-linux-gnu \
    -E MOBILECAM_ASSETS=/arm64/checkout/assets "${variables[@]}" \
    "/arm64/build/$triple/release/$1" "${@:2}"
}
suite() { # CPU FILTER: at least one test, and all pass
  run "$1" "${@:3}" mobilecamPackageTests.xctest --testing-library swift-testing --filter "$2" &&
    cat "$cache/out" "$cache/err" | grep -q 'Test run with [1-9][0-9]* test.* passed'
}
labels() { # CPU
  run "$1" mobilecam classify --threads 2 /arm64/checkout/assets/demo/coffee.jpg && grep -q espresso "$cache/out"
}
live() { # CPU ISA PRECISION
  run "$1" mobilecam live --source demo --headless --frames 3 --resolution 64 --precision "$3" &&
    grep -q "\"isa\":\"$2\"" "$cache/out"
}
lacks() { # CPU PRECISION INSTRUCTIONS: in words, and as wrong usage
  local status=0
  run "$1" mobilecam classify --precision "$2" /arm64/checkout/assets/demo/coffee.jpg || status=$?
  [ "$status" = 2 ] && grep -q -e "--precision $2 needs a CPU with $3: this CPU, or its operating system, has none" "$cache/err"
}
refuses() { # CPU ISA: in words, and not by a signal
  ! run "$1" "MOBILECAM_ISA=$2" mobilecam classify --precision int8 /arm64/checkout/assets/demo/coffee.jpg &&
    grep -q "this CPU, or its operating system, has no $2" "$cache/err"
}
bench() { run "$1" mobilecam bench --runs 2 --alpha 0.25 --resolution 128; }
# It fails where there is no camera.
doctor() { run "$1" mobilecam doctor || true; grep -q "^processor ok .*$2" "$cache/out"; }

if [ "$extent" = program ]; then
  for pair in "cortex-a72 neon" "cortex-a76 sdot" "max i8mm"; do
    set -- $pair
    check "$1: labels" labels "$1"
    check "$1: live on the $2 kernels, 8 bits" live "$1" "$2" int8
    check "$1: live on the neon kernels, float32" live "$1" neon fp32
  done
  check "max: live, bfloat16" live max neonbf16 bf16
  check "max: live, half precision" live max neonfp16 fp16
  echo "$passed passed, $failed failed"
  exit $((failed > 0))
fi

kernels='KernelsTests'
golden='GoldenTests/shippedWeights|QuantizedGoldenTests|ShortFloatTests/shippedWeights'
more='MobileNetTests|FramesTests|PixelsTests|TelemetryTests|PlatformTests'
check "cortex-a72: kernels" suite cortex-a72 "$kernels"
check "cortex-a72: TensorFlow's outputs" suite cortex-a72 "$golden"
check "cortex-a72: labels" labels cortex-a72
check "cortex-a72: live on the neon kernels, 8 bits" live cortex-a72 neon int8
check "cortex-a72: sdot is refused" refuses cortex-a72 sdot
check "cortex-a72: bf16 is refused" lacks cortex-a72 bf16 "ARMv8.6 BF16"
check "cortex-a72: fp16 is refused" lacks cortex-a72 fp16 "ARMv8.2 FP16"
check "max: kernels" suite max "$kernels"
check "max: TensorFlow's outputs" suite max "$golden"
check "max: live on the i8mm kernels, 8 bits" live max i8mm int8
check "max: live, bfloat16" live max neonbf16 bf16
check "max: live, half precision" live max neonfp16 fp16
if [ "$extent" = whole ]; then
  for pair in "cortex-a53 neon" "cortex-a76 sdot" "neoverse-n2 i8mm"; do
    set -- $pair
    check "$1: kernels" suite "$1" "$kernels"
    check "$1: TensorFlow's outputs" suite "$1" "$golden"
    check "$1: labels" labels "$1"
    check "$1: live on the $2 kernels, 8 bits" live "$1" "$2" int8
    check "$1: live on the neon kernels, float32" live "$1" neon fp32
  done
  check "cortex-a76: i8mm is refused" refuses cortex-a76 i8mm
  check "cortex-a76: live, half precision" live cortex-a76 neonfp16 fp16
  check "cortex-a76: bf16 is refused" lacks cortex-a76 bf16 "ARMv8.6 BF16"
  check "cortex-a53: fp16 is refused" lacks cortex-a53 fp16 "ARMv8.2 FP16"
  check "neoverse-n2: live, bfloat16" live neoverse-n2 neonbf16 bf16
  check "neoverse-n2: live, half precision" live neoverse-n2 neonfp16 fp16
  for cpu in cortex-a72 cortex-a76; do
    check "$cpu: bench" bench $cpu
    check "$cpu: doctor" doctor $cpu neon
  done
  check "cortex-a76: more suites" suite cortex-a76 "$more"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
