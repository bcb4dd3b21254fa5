# The parts of the camera's machine: tools, kernel, initial file system, boot. Sourced by run.sh, which sets `here`,
# `root` and `cache`. A function that can't do its work sets `reason` and returns 1.

# What the machine is made of, and what the tests drive the program with inside it.
packages=(qemu-system-x86 busybox-static cpio v4l-utils tmux ustreamer)
programs=(qemu-system-x86_64 busybox cpio v4l2-ctl tmux ustreamer)

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

install_tools() {
  local missing=() i
  for i in "${!packages[@]}"; do
    command -v "${programs[$i]}" >/dev/null || missing+=("${packages[$i]}")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || { reason="${missing[*]} missing, and there is no apt-get to install it"; return 1; }
  if ! { as_root apt-get update -qq; as_root apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
    >"$cache/apt.log" 2>&1; then
    reason="apt-get could not install ${missing[*]} ($(tail -n 1 "$cache/apt.log"))"
    return 1
  fi
}

# Unpacks Debian's newest kernel under $cache; sets `kernel` to the folder. Without a network, one fetched earlier does.
fetch_kernel() {
  local name
  name=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
  if [ -z "$name" ]; then
    as_root apt-get update -qq >"$cache/apt.log" 2>&1 || true
    name=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
  fi
  kernel=$cache/${name:-none}
  if [ ! -f "$kernel/complete" ]; then
    rm -rf "$kernel.new" && mkdir -p "$kernel.new"
    if [ -n "$name" ] && (cd "$kernel.new" && apt-get download -qq "$name") >"$cache/apt.log" 2>&1 &&
      dpkg-deb -x "$kernel.new"/*.deb "$kernel.new"; then
      rm -f "$kernel.new"/*.deb
      touch "$kernel.new/complete"
      rm -rf "$kernel" && mv "$kernel.new" "$kernel"
    else
      rm -rf "$kernel.new"
      kernel=$(ls -d "$cache"/linux-image-*/ 2>/dev/null | tail -n 1)
      kernel=${kernel%/}
    fi
  fi
  [ -n "$kernel" ] && [ -f "$kernel/complete" ] || { reason="the kernel package ${name:-linux-image-amd64} cannot be downloaded"; return 1; }
}

# Builds v4l2loopback, a camera that gives what a program writes into it, from Debian's sources for the kernel that was
# unpacked; sets `loopback` to the module. Kept under $cache.
build_loopback() {
  local version sources packages headers
  version=$(basename "$kernel"/lib/modules/*)
  loopback=$cache/v4l2loopback-$version.ko
  [ ! -f "$loopback" ] || return 0
  command -v make >/dev/null && command -v gcc >/dev/null || { reason='make and gcc are needed to build it'; return 1; }
  sources=$cache/sources.new
  rm -rf "$sources" && mkdir -p "$sources"
  packages="linux-headers-$version v4l2loopback-dkms $(apt-cache depends "linux-headers-$version" 2>/dev/null |
    sed -n 's/^ *Depends: \(linux-headers-.*-common\|linux-kbuild-.*\)$/\1/p' | tr '\n' ' ')"
  if ! (cd "$sources" && apt-get download -qq $packages && for file in *.deb; do dpkg-deb -x "$file" .; done) \
    >"$cache/loopback.log" 2>&1; then
    reason="cannot download $packages"
    return 1
  fi
  # The package's Makefile names the place where it would be installed.
  headers=$sources/usr/src/linux-headers-$version
  echo "include $(ls -d "$sources"/usr/src/linux-headers-*-common)/Makefile" >"$headers/Makefile"
  if ! make -C "$headers" "M=$(ls -d "$sources"/usr/src/v4l2loopback-*)" CC=gcc modules >>"$cache/loopback.log" 2>&1; then
    reason="it could not be compiled, see $cache/loopback.log"
    return 1
  fi
  strip --strip-debug -o "$loopback.new" "$sources"/usr/src/v4l2loopback-*/v4l2loopback.ko
  mv "$loopback.new" "$loopback"
  rm -rf "$sources"
}

# Compiles the USB camera made of software; sets `webcam` to the program.
build_webcam() {
  webcam=$cache/webcam
  command -v cc >/dev/null || { reason='a C compiler is needed to build the software webcam'; return 1; }
  cc -std=gnu17 -O2 -Wall -Wextra -Werror -o "$webcam" "$here"/webcam/*.c -lturbojpeg >"$cache/webcam.log" 2>&1 ||
    { reason="the software webcam could not be compiled, see $cache/webcam.log"; return 1; }
}

# Copies a program to its place in the machine, with every library that it loads at start.
install_program() { # FILE TARGET
  install -D -m 755 "$1" "$tree/$2"
  local library
  # Libraries keep their path, so that the program's run path finds them as here.
  ldd "$1" | grep -oE '/[^ ]+' | sort -u | while read -r library; do
    [ -e "$tree/$library" ] || install -D -m 755 "$library" "$tree/$library"
  done
}

build_initramfs() { # MACHINE BINARY FOLDER-OF-TESTS PATTERN SECONDS-A-TEST
  tree=$1/tree
  mkdir -p "$tree"/{bin,dev,proc,sys,tmp,etc,root,tests}
  install -m 755 "$(command -v busybox)" "$tree/bin/busybox"
  install_program "$2" /opt/mobilecam/bin/mobilecam
  install_program "$(dirname "$2")/capture-probe" /opt/mobilecam/bin/capture-probe
  install_program "$(command -v v4l2-ctl)" /usr/bin/v4l2-ctl
  install_program "$(command -v tmux)" /usr/bin/tmux
  install_program "$(command -v ustreamer)" /usr/bin/ustreamer
  install_program "$webcam" /usr/bin/webcam
  # The program loads it when it is asked for an address.
  local curl
  curl=$(ldconfig -p | sed -n 's/.*libcurl\.so\.4 .*=> //p' | head -n 1)
  [ -z "$curl" ] || install_program "$curl" "$curl"
  [ ! -d "$root/assets" ] || cp -r "$root/assets" "$tree/opt/mobilecam/assets"

  local folder name
  for name in x/xterm-256color s/screen-256color t/tmux-256color l/linux v/vt100; do
    for folder in /lib/terminfo /usr/share/terminfo; do
      [ ! -e "$folder/$name" ] || install -D -m 644 "$folder/$name" "$tree$folder/$name"
    done
  done
  [ ! -d /usr/lib/locale/C.utf8 ] || { mkdir -p "$tree/usr/lib/locale" && cp -r /usr/lib/locale/C.utf8 "$tree/usr/lib/locale/"; }
  printf 'root:x:0:0::/root:/bin/sh\nguest:x:1000:1000::/tmp:/bin/sh\n' >"$tree/etc/passwd"
  printf 'root:x:0:\nvideo:x:44:\nguest:x:1000:\n' >"$tree/etc/group"

  local modules version
  modules=$(dirname "$(find "$kernel" -name 'vivid.ko*' | head -n 1)")
  version=$(basename "$kernel"/lib/modules/*)
  # Only the media drivers, USB without real hosts, and what they need; depmod works out the order.
  modules=$kernel/lib/modules/$version
  for folder in kernel/drivers/media kernel/drivers/usb/core kernel/drivers/usb/common kernel/drivers/usb/usbip \
    kernel/drivers/video/fbdev/core kernel/lib; do
    [ ! -d "$modules/$folder" ] || { mkdir -p "$tree/lib/modules/$version/$folder" && cp -r "$modules/$folder/." "$tree/lib/modules/$version/$folder/"; }
  done
  cp "$modules"/modules.{order,builtin} "$tree/lib/modules/$version/" 2>/dev/null || true
  [ -z "$loopback" ] || install -D -m 644 "$loopback" "$tree/lib/modules/$version/extra/v4l2loopback.ko"
  busybox depmod -b "$tree" "$version"

  install -m 755 "$here/guest/init" "$tree/init"
  install -m 644 "$here/guest/lib.sh" "$tree/tests/lib.sh"
  mkdir -p "$tree/tests/files"
  install -m 644 "$here/$3"/*.sh "$tree/tests/files/"
  printf '%s' "$4" >"$tree/tests/pattern"
  printf '%s' "$5" >"$tree/tests/limit"
  printf 'minutes=%s\nseed=%s\n' "$soak" "$seed" >"$tree/tests/settings"
  (cd "$tree" && find . | cpio -o -H newc -R 0:0 --quiet) >"$1/initramfs"
}

# Boots; what the tests print goes to standard output, the console to a file. Without KVM, which CI machines seldom have
# and which fails inside other virtual machines even where /dev/kvm exists: the same machine everywhere.
boot() { # MACHINE
  timeout --kill-after=5 "$limit" \
    qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m 1536 -smp 2 -display none -monitor none -nodefaults -no-reboot \
    -kernel "$kernel"/boot/vmlinuz-* -initrd "$1/initramfs" \
    -append 'console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off random.trust_cpu=on' \
    -serial "file:$1/console.log" -serial stdio </dev/null 2>"$1/qemu.log" || true
}
