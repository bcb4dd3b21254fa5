# Runs every function called test_* of tests/files/*.sh, each in a shell of its own; one line a test. What a failed test
# printed follows its line.

# Words for the tests. What they wait for has a minute: only what never comes is missed, however busy the machine is.

# fail WORDS: ends the test as failed.
fail() { echo "$*"; exit 1; }

# expect FILE PATTERN: a line of FILE matches.
expect() { grep -qE -- "$2" "$1" || { echo "expected a line like: $2"; echo "found in $1:"; cat "$1"; exit 1; }; }

# until_line SECONDS FILE PATTERN: waits for a line of FILE that matches.
until_line() {
  local tries=$(($1 * 10))
  while [ $tries -gt 0 ]; do
    grep -qE -- "$3" "$2" 2>/dev/null && return
    usleep 100000
    tries=$((tries - 1))
  done
  echo "expected within $1 s a line like: $3"; echo "found in $2:"; tail -n 20 "$2"; exit 1
}

# exits STATUS COMMAND…: runs the command, its output in /tmp/out and /tmp/err.
exits() {
  local wanted=$1 found=0
  shift
  timeout 60 "$@" >/tmp/out 2>/tmp/err || found=$?
  [ $found = "$wanted" ] || { echo "expected exit status $wanted of: $*"; echo "found $found"; cat /tmp/out /tmp/err; exit 1; }
}

# numbers KEY FILE: the values of a JSON key, one a line.
numbers() { sed -n "s/.*\"$1\":\([-0-9.]*\).*/\1/p" "$2"; }

control() { v4l2-ctl -d "${2:-/dev/video0}" --set-ctrl "$1"; }

# The node that gives multi-planar buffers.
multi_planar_node() {
  for n in /dev/video*; do v4l2-ctl -d "$n" --info | sed -n '/Device Caps/,$p' | grep -q 'Video Capture Multiplanar' && echo "$n"; done | head -n 1
}

# tell WORDS: a line of the report, under the test's own, whether it passes or not.
tell() { echo "$*" >>/tmp/told; }

# tell_screen PATTERN: the lines of the screen that match, as the user reads them.
tell_screen() {
  grep -oE -- "[^│]*($1)[^│]*" /tmp/screen | sed 's/^ */the screen said: /; s/ *$//' >>/tmp/told
}

# elapsed UPTIME: seconds since then.
elapsed() { awk -v then="$1" '{ printf "%.2f", $1 - then }' /proc/uptime; }

# until_new_line SECONDS FILE: waits until the file is longer than now.
until_new_line() {
  local before tries=$(($1 * 50))
  before=$(wc -l <"$2")
  while [ $tries -gt 0 ]; do
    [ "$(wc -l <"$2")" -gt "$before" ] && return
    usleep 20000
    tries=$((tries - 1))
  done
  echo "expected a new line in $2 within $1 s"; exit 1
}

# on_screen COMMAND…: in a terminal of 100 × 30.
on_screen() {
  tmux -u new-session -d -s live -x 100 -y 30 "$*; echo \"exit=\$?\"; stty -a | grep -q ' icanon' && echo cooked; sleep 100"
}

# The screen of the tmux session `live` as text.
screen() { tmux capture-pane -p -t live; }

# until_screen SECONDS PATTERN
until_screen() {
  local tries=$(($1 * 5))
  while [ $tries -gt 0 ]; do
    screen >/tmp/screen 2>/dev/null && grep -qE -- "$2" /tmp/screen && return
    usleep 200000
    tries=$((tries - 1))
  done
  echo "expected on the screen within $1 s: $2"; cat /tmp/screen; exit 1
}

# start_screen OPTION…: the screen on the first camera, with results.
start_screen() {
  on_screen mobilecam live --source /dev/video0 --resolution 64 --preview ascii "$@"
  until_screen 60 'glass to label +[0-9.]+ ms'
}

# results_flow WORDS [SECONDS]: new results come (the time of each differs), and the screen does not say WORDS.
results_flow() {
  local before
  before=$(screen | grep -E 'glass to label')
  local tries=$((${2:-60} * 5))
  while [ $tries -gt 0 ]; do
    [ "$(screen | grep -E 'glass to label')" != "$before" ] && ! screen | grep -qE "$1" && {
      [ "${tells_flow:-0}" = 0 ] || tell 'results come again'
      return
    }
    usleep 200000
    tries=$((tries - 1))
  done
  echo "expected new results on the screen, without '$1'"; screen; exit 1
}

quit_screen() {
  tmux send-keys -t live q
  until_screen 60 'exit=0'
}

# A run without a screen, its lines in /tmp/out and its words in /tmp/err.

# results: three more of them within a minute.
results() {
  local before tries=600
  before=$(wc -l </tmp/out)
  while [ $tries -gt 0 ]; do
    [ "$(wc -l </tmp/out)" -ge $((before + 3)) ] && return
    usleep 100000
    tries=$((tries - 1))
  done
  fail "expected new results; said: $(cat /tmp/err); kernel: $(dmesg | tail -n 5)"
}

end_watch() {
  kill -TERM "$(pidof mobilecam)"
  wait "$(pidof mobilecam)" 2>/dev/null || true
  while pidof mobilecam >/dev/null; do usleep 50000; done
}

# said PATTERN: within a minute.
said() { until_line 60 /tmp/err "$1"; tell "said: $(grep -E -- "$1" /tmp/err | head -n 1)"; }

# unplug_webcams: every USB camera goes, and the kernel has let go of it: else the next one at that port is taken for it.
unplug_webcams() {
  killall -q -9 webcam || true
  local tries=100
  while ls -d /sys/bus/usb/devices/1-[1-9]* >/dev/null 2>&1; do
    [ $tries -gt 0 ] || fail "expected no USB device 10 s after the last was unplugged, found $(ls /sys/bus/usb/devices)"
    usleep 100000
    tries=$((tries - 1))
  done
}

[ "${LIBRARY_ONLY:-0}" = 1 ] && return

for file in /tests/files/*.sh; do
  for name in $(sed -n 's/^\(test_[a-z0-9_]*\)().*/\1/p' "$file"); do
    echo "$name" | grep -qE -- "$(cat /tests/pattern)" || continue
    : >/tmp/told
    started=$(cut -d. -f1 /proc/uptime)
    if LIBRARY_ONLY=1 timeout "$(cat /tests/limit)" sh -c ". /tests/lib.sh; . $file; set -e; $name" >/tmp/log 2>&1 </dev/null; then
      echo "ok $name ($(($(cut -d. -f1 /proc/uptime) - started)) s)"
    else
      echo "FAILED $name"
      tail -n 40 /tmp/log | sed 's/^/    /'
    fi
    sed 's/^/    /' /tmp/told
    killall -q -9 mobilecam v4l2-ctl tmux ustreamer
    (unplug_webcams)
  done
done
