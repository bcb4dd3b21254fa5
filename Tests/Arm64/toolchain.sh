# Sourced by run.sh: makes "$root", a folder with Debian sid's Swift for amd64, and in it /arm64/sysroot, one with arm64's
# libraries. Says on stdout why it could not, and exits 1. Nothing of sid is installed on this machine.
#
# Sid moves and has no versions to hold on to: what was made once is kept until it is removed by hand.
edition=2  # raised where a folder of before no longer serves
[ "$(cat "$cache/toolchain" 2> /dev/null)" != "$edition" ] || exit 0

# shellcheck source=Tests/Arm64/packages.sh
. "$here/packages.sh"
free=$(df -Pk "$cache" | awk 'NR == 2 { print int($4 / 1048576) }')
[ "$free" -ge 12 ] || give_up "it takes 12 GB while it is made, and $cache has $free"

rm -rf --one-file-system "$root"
# The newest libgcc's number: clang takes the C++ library that lies beside it.
libstdcxx=libstdc++-${MOBILECAM_ARM64_LIBSTDCXX:-16}-dev
fetch amd64 swiftlang binutils-aarch64-linux-gnu git pkgconf libc6-dev "$libstdcxx" dash bash coreutils sed grep findutils \
  base-files util-linux tar gzip make file procps qemu-user
fetch arm64 libswiftlang swiftlang-dev libc6-dev "$libstdcxx" libncurses-dev libv4l-dev libturbojpeg0-dev libpng-dev \
  libcurl4-openssl-dev zlib1g-dev nettle-dev libcurl4t64
unpack amd64 "$root"
unpack arm64 "$root/arm64/sysroot"
sysroot=$root/arm64/sysroot
mkdir -p "$root/dev" "$root/proc" "$root/tmp" "$root/root" "$root/etc" "$root/arm64/shared"
[ -e "$root/usr/bin/sh" ] || ln -s dash "$root/usr/bin/sh"

# Of arm64's compiler only libraries are needed.
swift=usr/libexec/swift/lib
[ -d "$sysroot/$swift/swift" ] || give_up "sid's Swift lies elsewhere than in /$swift"
rm -rf "$sysroot/usr/libexec/swift/bin"
for folder in swift swift_static clang; do
  [ -e "$sysroot/usr/lib/$folder" ] || ln -s "../libexec/swift/lib/$folder" "$sysroot/usr/lib/$folder"
done
# Debian leaves this one out, and swift-testing asks for it where Foundation is imported.
for name in lib_Testing_Foundation; do
  [ -e "$sysroot/$swift/swift/linux/$name.so" ] || [ -e "$sysroot/$swift/swift/linux/$name.a" ] ||
    printf '!<arch>\n' > "$sysroot/$swift/swift/linux/$name.a"
done

bundle=$root/arm64/sdks/arm64.artifactbundle
mkdir -p "$bundle/arm64"
cat > "$bundle/info.json" << 'JSON'
{ "schemaVersion": "1.0", "artifacts": { "arm64": { "type": "swiftSDK", "version": "1",
  "variants": [{ "path": "arm64", "supportedTriples": ["x86_64-unknown-linux-gnu", "x86_64-pc-linux-gnu"] }] } } }
JSON
ln -s ../../../sysroot "$bundle/arm64/sysroot"
cat > "$bundle/arm64/swift-sdk.json" << 'JSON'
{ "schemaVersion": "4.0", "targetTriples": { "aarch64-unknown-linux-gnu": {
  "sdkRootPath": "sysroot", "swiftResourcesPath": "sysroot/usr/lib/swift",
  "swiftStaticResourcesPath": "sysroot/usr/lib/swift_static", "toolsetPaths": ["toolset.json"] } } }
JSON
cat > "$bundle/arm64/toolset.json" << 'JSON'
{ "schemaVersion": "1.0", "rootPath": "/usr/libexec/swift/bin",
  "swiftCompiler": { "extraCLIOptions": ["-use-ld=lld", "-Xclang-linker", "--sysroot=/arm64/sysroot"] },
  "cCompiler": { "extraCLIOptions": ["-fPIC"] }, "cxxCompiler": { "extraCLIOptions": ["-fPIC"] },
  "linker": { "path": "ld.lld" } }
JSON

# Does it work at all? What fails from here on is the archive's, what fails later the program's.
mkdir -p "$root/tmp/hello"
echo 'print("hello from arm64")' > "$root/tmp/hello/hello.swift"
inside swiftc -target aarch64-unknown-linux-gnu -sdk /arm64/sysroot -resource-dir /arm64/sysroot/usr/lib/swift -use-ld=lld \
  -Xclang-linker --sysroot=/arm64/sysroot -o /tmp/hello/hello /tmp/hello/hello.swift >> "$log" 2>&1 ||
  give_up "sid's Swift does not compile for arm64: $(grep error "$log" | tail -n 1)"
inside /usr/bin/qemu-aarch64 -L /arm64/sysroot -E LD_LIBRARY_PATH=/usr/libexec/swift/lib/swift/linux /tmp/hello/hello \
  2>> "$log" | grep -q 'hello from arm64' || give_up "what sid's Swift compiles for arm64 does not run: $(tail -n 1 "$log")"

rm -rf "$cache/apt"
echo "$edition" > "$cache/toolchain"
