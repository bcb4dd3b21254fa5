#!/bin/bash
# Inside the minimal Debian: everything that a user of the package does. run.sh starts it; it says 'ok' to each step.
#   guest.sh VERSION
set -euo pipefail
version=$1
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root TERM=xterm PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd /root

fail() { echo "FAILED $1"; exit 1; }
apt() { apt-get -qq -o Dpkg::Use-Pty=0 "$@" > /root/apt.log 2>&1 || { cat /root/apt.log; fail "apt-get $*"; }; }
# Every file that is not a cache, a log, or the package manager's own diary.
files() {
  find / -xdev \( -path /proc -o -path /tmp -o -path /root -o -path /var/cache -o -path /var/log -o -path /var/lib/apt \
    -o -name '*-old' \) -prune -o -print | sort
}
hold() { "$@" || fail "$*"; }

apt update
apt install --no-install-recommends man-db
! command -v swift > /dev/null && [ -z "$(find / -xdev -name 'libswift*')" ] || fail "this Debian has Swift"
files > before

apt install ./mobilecam.deb
echo "ok installed: $(dpkg-query -W -f '${Package} ${Version}, ${Installed-Size} KiB' mobilecam), on $(. /etc/os-release; echo "$PRETTY_NAME"), glibc $(ldd --version | sed -n '1s/.* //p')"
hold dpkg --verify mobilecam

mobilecam --version > version.txt
[ "$(head -n 1 version.txt)" = "mobilecam $version" ] || fail "--version: $(cat version.txt)"
sed 's/^/   /' version.txt

mobilecam live --source demo --headless --frames 10 > live.jsonl
[ "$(wc -l < live.jsonl)" = 10 ] || fail "live: expected 10 lines, found $(wc -l < live.jsonl)"
echo "ok live: 10 results, the last $(tail -n 1 live.jsonl | cut -c 1-100)"

mobilecam classify /usr/share/mobilecam/demo/*.jpg > classify.txt
grep -q espresso classify.txt || fail "classify: no espresso in $(cat classify.txt)"
echo "ok classify: $(grep espresso classify.txt | tr -s ' ')"

man mobilecam | grep > /dev/null 'mobilecam classify' || fail "man mobilecam"
echo "ok man"
bash -c '. /usr/share/bash-completion/completions/mobilecam && complete -p mobilecam' > /dev/null || fail "bash's completion"
[ "$(head -n 1 /usr/share/zsh/vendor-completions/_mobilecam)" = "#compdef mobilecam" ] || fail "zsh's completion"
grep -q '^complete -c .*mobilecam' /usr/share/fish/vendor_completions.d/mobilecam.fish || fail "fish's completion"
echo "ok completions of bash, zsh and fish"
for file in copyright changelog.gz mobilecam.cdx.json examples/mobilecam-log.service; do
  [ -s "/usr/share/doc/mobilecam/$file" ] || fail "/usr/share/doc/mobilecam/$file is missing"
done
# libcurl is loaded late, so that no dependency of the program tells whether it is there.
mobilecam live --source http://127.0.0.1:9/ --headless --frames 1 > http.txt 2>&1 && fail "a server that is none"
! grep -q 'needs the library' http.txt || fail "libcurl: $(cat http.txt)"
echo "ok HTTP: $(head -n 1 http.txt)"

mkdir elsewhere
tar -C elsewhere -xzf mobilecam.tar.gz
program=$(echo elsewhere/*/bin/mobilecam)
hold cmp "$program" /usr/bin/mobilecam
mv /usr/share/mobilecam /usr/share/mobilecam.away
"$program" classify elsewhere/*/share/mobilecam/demo/coffee.jpg | grep > /dev/null espresso || fail "the tarball's program"
mv /usr/share/mobilecam.away /usr/share/mobilecam
echo "ok tarball: $program finds its files beside it"

apt purge mobilecam
# What came with it goes too, also where a package that stays suggests it.
apt autoremove --purge -o APT::AutoRemove::RecommendsImportant=false -o APT::AutoRemove::SuggestsImportant=false
files > after
diff before after > difference || fail "purging left (>) or took (<) something: $(head -n 20 difference)"
echo "ok purged: nothing is left"
