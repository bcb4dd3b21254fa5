# What vivid can do to a running stream: each fault, what the program said, and frames flowing again after it.

# `headless` runs in the background, its lines in /tmp/out and its words in /tmp/err.
start_headless() { # OPTION…
  : >/tmp/out; : >/tmp/err
  mobilecam live --source /dev/video0 --resolution 64 --headless "$@" >/tmp/out 2>/tmp/err &
  until_line 60 /tmp/out '"sequence"'
}

# frames_flow SECONDS: more results than there are now.
frames_flow() {
  local before tries=$(($1 * 10))
  before=$(wc -l </tmp/out)
  while [ $tries -gt 0 ]; do
    [ "$(wc -l </tmp/out)" -ge $((before + 3)) ] && return
    usleep 100000
    tries=$((tries - 1))
  done
  echo "expected new results within $1 s; said: $(cat /tmp/err)"; exit 1
}

end_headless() {
  kill -TERM "$(pidof mobilecam)"
  wait $! || true
}

said() { expect /tmp/err "$1"; tell "said: $(grep -E -- "$1" /tmp/err | head -n 1)"; }

start_screen() { # OPTION…
  on_screen mobilecam live --source /dev/video0 --resolution 64 --preview ascii "$@"
  until_screen 60 'glass to label +[0-9.]+ ms'
}

# The number after a word of the screen: `count_of driver` of `3 driver drops`.
count_of() { screen | sed -n "s/.* \([0-9][0-9]*\) $1.*/\1/p" | head -n 1; }

# results_flow: the picture's frame counter goes on (a result's time changes with each).
results_flow() {
  local before
  before=$(screen | grep -E 'glass to label')
  local tries=100
  while [ $tries -gt 0 ]; do
    [ "$(screen | grep -E 'glass to label')" != "$before" ] && ! screen | grep -qE "$1" && return
    usleep 200000
    tries=$((tries - 1))
  done
  echo "expected new results on the screen, without '$1'"; screen; exit 1
}

quit_screen() {
  tmux send-keys -t live q
  until_screen 20 'exit=0'
}

test_disconnect_is_waited_out() {
  start_headless
  # A second user of the device keeps vivid from bringing it back.
  exec 9<>/dev/video1
  control disconnect=1 || true
  until_line 10 /tmp/err 'unplugged'
  said 'the camera was unplugged: waiting for it to come back'
  sleep 1
  before=$(wc -l </tmp/out)
  sleep 1
  [ "$(wc -l </tmp/out)" = "$before" ] || fail "results while the camera is away"
  exec 9>&-
  back=$(cut -d' ' -f1 /proc/uptime)
  until_new_line 10 /tmp/out
  tell "first result $(elapsed "$back") s after the node was back"
  frames_flow 20
  end_headless
}

test_disconnect_on_the_screen() {
  start_screen
  exec 9<>/dev/video1
  control disconnect=1 || true
  until_screen 10 'unplugged: waiting for it'
  tell_screen 'unplugged|come back'
  # The keys are alive, and the last frame stays.
  tmux send-keys -t live 2
  until_screen 20 'α 0.50'
  exec 9>&-
  results_flow unplugged
  quit_screen
}

test_frames_with_the_error_flag_are_counted() {
  start_screen
  for _ in 1 2 3; do control inject_v4l2_buf_flag_error=1; usleep 300000; done
  until_screen 10 '[3-9] bad'
  tell_screen bad
  results_flow corrupt
  quit_screen
}

test_dropped_buffers_are_driver_drops() {
  start_screen
  control percentage_of_dropped_buffers=50
  until_screen 20 '[0-9][0-9] driver'
  tell_screen 'driver'
  control percentage_of_dropped_buffers=0
  results_flow nothing-such
  quit_screen
}

test_fatal_streaming_error_restarts_the_stream() {
  start_headless
  control inject_fatal_streaming_error=1
  until_line 10 /tmp/err 'the stream broke'
  said 'the stream broke \(.*\): restarting the camera'
  frames_flow 20
  end_headless
}

test_fatal_streaming_error_on_the_screen() {
  start_screen
  control inject_fatal_streaming_error=1
  until_screen 10 'the stream broke'
  tell_screen 'the stream broke|restarting'
  results_flow 'the stream broke'
  quit_screen
}

test_failing_restarts_are_tried_again() {
  start_headless
  # The next restart fails in its first attempt.
  for call in reqbufs streamon; do
    control inject_vidioc_${call}_error=1
    control inject_fatal_streaming_error=1
    until_line 10 /tmp/err "$(echo "VIDIOC_$call" | tr a-z A-Z)"
    frames_flow 20
  done
  said 'cannot be started \(VIDIOC_REQBUFS: .*Trying again'
  said 'cannot be started \(VIDIOC_STREAMON: .*Trying again'
  end_headless
}

test_refused_buffer_restarts_the_stream() {
  start_headless
  control inject_vidioc_qbuf_error=1
  until_line 10 /tmp/err 'VIDIOC_QBUF'
  said 'the stream broke \(VIDIOC_QBUF: .*restarting'
  frames_flow 20
  end_headless
}

test_errors_at_the_start_end_it_with_words() {
  control inject_vidioc_reqbufs_error=1
  exits 1 mobilecam live --source /dev/video0 --headless --frames 1
  said '/dev/video0: the camera cannot be started \(VIDIOC_REQBUFS: '
  control inject_vidioc_streamon_error=1
  exits 1 mobilecam live --source /dev/video0 --headless --frames 1
  said '/dev/video0: the camera cannot be started \(VIDIOC_STREAMON: '
  exits 0 mobilecam live --source /dev/video0 --headless --frames 3
}

test_suspended_it_frees_the_camera_and_takes_it_again() {
  # In a shell with job control.
  tmux -u new-session -d -s live -x 100 -y 30 sh
  tmux send-keys -t live 'mobilecam live --source /dev/video0 --resolution 64; echo "exit=$?"' Enter
  until_screen 60 'glass to label +[0-9.]+ ms'
  tmux send-keys -t live C-z
  until_screen 10 'Stopped'
  v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=2 >/dev/null 2>&1 || fail 'the camera is not free while suspended'
  # Taken by another when it comes back: waited for.
  v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=0 >/dev/null 2>&1 &
  holder=$!
  sleep 2
  tmux send-keys -t live fg Enter
  until_screen 20 'in use by v4l2-ctl'
  tell_screen 'in use|Trying again'
  kill $holder
  results_flow 'in use'
  tmux send-keys -t live q
  while pidof mobilecam >/dev/null; do usleep 100000; done
}
