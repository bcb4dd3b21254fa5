# One command each; CI calls the same ones.
#   make run ARGS="--source demo"   build and start the live program
#   make test                       everything: units, golden outputs, screen in tmux, camera in QEMU

SWIFT_FLAGS = -c release --explicit-target-dependency-import-check error
BINARY = .build/release/mobilecam
PREFIX ?= /usr/local
SHARE = $(DESTDIR)$(PREFIX)/share
# For `mobilecam --version` of what is installed or packaged; empty outside git. Other builds are not told: each new commit
# would compile the command line anew.
COMMIT = $(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null)

.PHONY: build run test test-units test-loops test-emulated test-arm64 arm64-cycles arm64-instructions test-fuzz test-sanitized test-ring test-csv test-camera test-episodes soak bench bench-program lint format install install-files static deb tarball test-package test-reproducible clean setup setup-test

build: setup
	swift build $(SWIFT_FLAGS) --product mobilecam

run: build
	@$(BINARY) $(ARGS)

# Installs what is missing and says what.
setup:
	@Tests/Tools/setup libncurses-dev libv4l-dev libturbojpeg0-dev libpng-dev libcurl4-openssl-dev zlib1g-dev nettle-dev

setup-test: setup
	@Tests/Tools/setup tmux qemu-user-static ffmpeg ustreamer binutils

test: test-units test-loops test-emulated test-fuzz test-ring test-csv test-camera

# Faults by themselves: they are about how soon the program ends, and other tests keep the disk busy for seconds.
test-units: setup-test
	swift build $(SWIFT_FLAGS) --build-tests
	swift test $(SWIFT_FLAGS) --skip-build --skip FaultInjectionTests
	swift test $(SWIFT_FLAGS) --skip-build --filter FaultInjectionTests

# The kernels' machine code: what nothing but looking at it shows.
test-loops: setup-test
	swift build $(SWIFT_FLAGS) --build-tests
	Tests/KernelLoops/run.sh .build/release

# The program on older processors.
test-emulated: setup-test
	swift build $(SWIFT_FLAGS) --build-tests
	Tests/Emulated/run.sh .build/release

# A build for arm64 on emulated boards; ARM64=short runs less of it. The first time it fetches a compiler, about 1.4 GB.
ARM64 ?= whole
test-arm64: setup
	Tests/Arm64/run.sh $(ARM64)

# What one inference costs on arm64, layer by layer: instructions, counted on an emulated processor, and cycles of boards'
# processors, modelled by LLVM. Of what test-arm64 built; not part of the tests. INT8: a file of 8-bit weights, which saves making some.
arm64-cycles:
	llvm=$$(Tests/Arm64/llvm.sh) && Tests/Tools/cycles.py --llvm "$$llvm" $(if $(INT8),--int8 $(INT8))

arm64-instructions:
	Tests/Tools/cycles.py $(if $(INT8),--int8 $(INT8))

# Every reader of files with damaged ones, under the address sanitizer: a short pass for CI. `make test-sanitized` is the
# long one, and runs the whole test suite under it too.
FUZZ_SEED ?= 1
FUZZ_COUNT ?= 200000
SANITIZED = -c release --sanitize=address --scratch-path .build-asan --explicit-target-dependency-import-check error
# Swift's runtime keeps what it needs for ever, which is no leak; crash signals are the program's own to report.
ASAN = ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:handle_abort=0
test-fuzz: setup
	swift build $(SANITIZED) --product reader-fuzz
	$(ASAN) .build-asan/release/reader-fuzz all 2000 $(FUZZ_SEED)

test-sanitized: setup-test
	swift build $(SANITIZED) --build-tests
	$(ASAN) MOBILECAM_SANITIZED=1 swift test $(SANITIZED) --skip-build
	$(ASAN) .build-asan/release/reader-fuzz all $(FUZZ_COUNT) $(FUZZ_SEED)

# The ring between threads, under the thread sanitizer.
test-ring: setup
	swift build -c debug --sanitize=thread --scratch-path .build-tsan --product ring-stress
	.build-tsan/debug/ring-stress

# A log read by other people's readers.
test-csv: build
	Tests/CSVReader/run.sh $(BINARY)

# The program against the kernel's own camera driver, in a virtual machine.
test-camera: build
	swift build $(SWIFT_FLAGS) --product capture-probe
	Tests/Camera/run.sh $(BINARY)

# How well taught classes are told apart, in many episodes of each family; not part of the tests, which make one.
EPISODES ?= 20
EPISODE_SEED ?= 18
test-episodes: setup-test
	swift build $(SWIFT_FLAGS) --build-tests
	MOBILECAM_REQUIRE_REFERENCE=1 MOBILECAM_EPISODES=$(EPISODES) MOBILECAM_SEED=$(EPISODE_SEED) \
	  swift test $(SWIFT_FLAGS) --skip-build --filter EpisodeTests

# The live program for a long time, with settings changed and faults injected at random; not part of the tests.
SOAK_MINUTES ?= 30
soak: build
	swift build $(SWIFT_FLAGS) --product capture-probe
	Tests/Camera/run.sh $(BINARY) --soak $(SOAK_MINUTES) $(if $(SOAK_SEED),--seed $(SOAK_SEED))

# Every kernel on every layer's shape: right first, then how fast. Not part of the tests: a benchmark reports.
bench: setup
	swift build $(SWIFT_FLAGS) --product kernel-bench
	.build/release/kernel-bench

# What the whole program costs, beside Python with OpenCV and LiteRT: 108 runs of 20 s. Not part of the tests either.
bench-program: build
	@Tests/Tools/setup ffmpeg
	Tests/Tools/measure_program.py --binary $(BINARY) $(ARGS)

lint: setup
	swift format lint --strict --recursive Sources Tests Package.swift

format:
	swift format --in-place --recursive Sources Tests Package.swift

# zsh of Debian looks for a package's completions elsewhere than for those of /usr/local.
ZSH = $(SHARE)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
install: export MOBILECAM_COMMIT = $(COMMIT)
install: build install-files

# What was built, into its places; HOST_BINARY is one that this machine can run.
HOST_BINARY = $(BINARY)
install-files:
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/mobilecam $(SHARE)/man/man1 $(SHARE)/bash-completion/completions \
	  $(ZSH) $(SHARE)/fish/vendor_completions.d
	install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/mobilecam
	cp -R assets/. $(SHARE)/mobilecam/
	$(HOST_BINARY) manual > $(SHARE)/man/man1/mobilecam.1
	$(HOST_BINARY) --generate-completion-script bash | sed 1d > $(SHARE)/bash-completion/completions/mobilecam
	$(HOST_BINARY) --generate-completion-script zsh > $(ZSH)/_mobilecam
	$(HOST_BINARY) --generate-completion-script fish > $(SHARE)/fish/vendor_completions.d/mobilecam.fish

# The program as packages hold it: Swift's libraries linked in, no path of this folder in it. Its symbols
# are in no other program's interest, and without them the linker leaves out what nothing calls; functions that are the same to
# the byte, as generic ones often are, are there once. Of other packages it holds the versions of debian/pins.
STATIC_BINARY = .build-static/release/mobilecam
STATIC_FLAGS = $(SWIFT_FLAGS) --scratch-path .build-static --static-swift-stdlib --disable-local-rpath \
  --force-resolved-versions \
  $(addprefix -Xswiftc ,-use-ld=lld -file-prefix-map $(CURDIR)=. \
    -Xfrontend -no-clang-module-breadcrumbs -Xfrontend -no-serialize-debugging-options \
    -Xfrontend -disable-incremental-llvm-codegen) \
  $(addprefix -Xcc ,-ffile-prefix-map=$(CURDIR)=. -fstack-protector-strong -fstack-clash-protection \
    $(if $(filter x86_64,$(shell uname -m)),-fcf-protection)) \
  $(addprefix -Xlinker ,--no-export-dynamic --icf=all -z now --build-id=sha1 -Map=$(CURDIR)/.build-static/mobilecam.map)
static: setup
	cp debian/pins Package.resolved
	MOBILECAM_COMMIT=$(COMMIT) swift build $(STATIC_FLAGS) --product mobilecam

VERSION = $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
ARCH = $(shell dpkg --print-architecture)
DEB = dist/mobilecam_$(VERSION)_$(ARCH).deb

# dist/mobilecam_VERSION_ARCH.deb, and its symbols in mobilecam-dbgsym.
deb: setup
	@Tests/Tools/setup debhelper lintian
	debian/rules clean
	mkdir -p dist
	rm -f dist/mobilecam*_$(ARCH).deb
	debian/rules binary
	lintian --fail-on error,warning $(DEB)

# The package's tree, to unpack anywhere: the program finds its files beside itself.
TREE = mobilecam-$(VERSION)-linux-$(ARCH)
tarball: deb
	rm -rf .build-package/tree
	mkdir -p .build-package/tree
	dpkg-deb -x $(DEB) .build-package/tree
	mv .build-package/tree/usr .build-package/tree/$(TREE)
	tar -C .build-package/tree --sort=name --mtime=@$$(dpkg-parsechangelog -S Timestamp) --owner=0 --group=0 --numeric-owner -cf - $(TREE) | gzip -9n > dist/$(TREE).tar.gz

# The package on a Debian without Swift.
test-package:
	@if command -v apt-get > /dev/null; \
	then $(MAKE) tarball && Tests/Package/run.sh $(DEB) dist/$(TREE).tar.gz; \
	elif [ "$$MOBILECAM_REQUIRE_PACKAGE" = 1 ]; then echo "packages are made on Debian, which this is not"; exit 1; \
	else echo "skipped: packages are made on Debian"; fi

# The packages from a clone in another folder, byte for byte.
test-reproducible: tarball
	Tests/Package/reproduce.sh dist

clean:
	rm -rf .build .build-asan .build-tsan .build-csv .build-static dist
	rm -rf debian/.debhelper debian/mobilecam debian/files debian/*.substvars debian/*.debhelper* debian/debhelper-build-stamp
