#!/usr/bin/env bash
# Installs a package into a minimal Debian without Swift, uses it there, purges it; then runs the tarball's program.
#
#   Tests/Package/run.sh FILE.deb FILE.tar.gz
#
# The Debian (MOBILECAM_SUITE, bookworm) is made by debootstrap once (from MOBILECAM_MIRROR, or its own choice), in .build-package; each run works on a copy.
# What docs/first-run.md says of the oldest C library is compared with what the program asks for.
# Needs to be root, and the network. Where that can't be had, says 'skipped: why' and exits 0, or 1 if
# MOBILECAM_REQUIRE_PACKAGE=1.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
suite=${MOBILECAM_SUITE:-bookworm}
base=$root/.build-package/$suite

[ $# = 2 ] || { sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2; }
deb=$(realpath "$1") tarball=$(realpath "$2")

skip() {
  echo "skipped: $1"
  [ "${MOBILECAM_REQUIRE_PACKAGE:-0}" != 1 ] || { echo "MOBILECAM_REQUIRE_PACKAGE=1 makes that a failure"; exit 1; }
  exit 0
}
fail() { echo "FAILED $1"; exit 1; }

# The package as it lies here.
unpacked=$(mktemp -d)
box=
cleanup() { rm -rf "$unpacked"; [ -z "$box" ] || rm -rf --one-file-system "$box"; }
trap cleanup EXIT
dpkg-deb -x "$deb" "$unpacked"
program=$unpacked/usr/bin/mobilecam
package_kb=$(($(stat -c %s "$deb") / 1000)) tree_kb=$(du -sk --apparent-size "$unpacked" | cut -f 1)
echo "package $package_kb kB, installed $tree_kb KiB, program $(($(stat -c %s "$program") / 1000)) kB"
[ "$package_kb" -le 8000 ] || fail "the package is larger than 8 MB"
[ "$tree_kb" -le 21484 ] || fail "what it installs is larger than 22 MB"

newest() { objdump -T "$program" | grep -o "(\?$1_[0-9.]*" | sed "s/.*$1_//" | sort -uV | tail -n 1; }
glibc=$(newest GLIBC)
echo "asks for glibc $glibc, libstdc++'s GLIBCXX $(newest GLIBCXX)"
grep -q "glibc $glibc or newer" "$root/docs/first-run.md" || fail "docs/first-run.md does not say 'glibc $glibc or newer'"

for header in 'GNU_RELRO' 'DYN (Position-Independent'; do
  readelf -hlW "$program" | grep > /dev/null "$header" || fail "hardening: no $header"
done
readelf -dW "$program" | grep > /dev/null 'BIND_NOW\|FLAGS_1.*NOW' || fail "hardening: symbols are bound late"
! readelf -lW "$program" | grep 'GNU_STACK' | grep > /dev/null 'RWE' || fail "hardening: the stack can be executed"
! readelf -dW "$program" | grep > /dev/null 'RUNPATH\|RPATH' || fail "libraries are looked for in places of its own"
! grep -aq "$root" "$program" || fail "the program holds the path of the folder that it was built in"
echo "ok hardening, no build path"

id=$(readelf -n "$program" | sed -n 's/.*Build ID: //p')
symbols=$(dirname "$deb")/$(basename "$deb" | sed 's/^mobilecam_/mobilecam-dbgsym_/')
dpkg-deb -c "$symbols" | grep > /dev/null "/${id:0:2}/${id:2}.debug" || fail "$symbols: expected the symbols of build $id"
echo "ok symbols of build $id"

# A Debian of its own.
[ "$(id -u)" = 0 ] || skip "a Debian of its own is made by root"
unshare --mount --pid --fork true 2>/dev/null || skip "no namespaces of its own here"
if [ ! -e "$base.done" ]; then
  "$root/Tests/Tools/setup" debootstrap
  rm -rf --one-file-system "$base"
  mkdir -p "$root/.build-package"
  echo "making a minimal Debian ($suite)"
  debootstrap --variant=minbase "$suite" "$base" ${MOBILECAM_MIRROR:+"$MOBILECAM_MIRROR"} > "$base.log" 2>&1 || skip "debootstrap: $(tail -n 1 "$base.log")"
  touch "$base.done"
fi
box=$(mktemp -d "$root/.build-package/box.XXXXXX")
cp -a "$base/." "$box"
cp -L /etc/resolv.conf "$box/etc/resolv.conf"
cp "$deb" "$box/root/mobilecam.deb"
cp "$tarball" "$box/root/mobilecam.tar.gz"
cp "$here/guest.sh" "$box/root/guest.sh"
version=$(dpkg-deb -f "$deb" Version)
unshare --mount --pid --fork sh -c '
  mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/tmp" && exec chroot "$1" /bin/bash /root/guest.sh "$2"' \
  sh "$box" "$version" || fail "on Debian $suite"
echo "passed on Debian $suite"
