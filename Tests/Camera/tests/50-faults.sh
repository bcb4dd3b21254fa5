# What vivid can do to a running stream. The log tells of each fault: what was injected, what the program said, and that results
# came again after it.

tells_flow=1

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
    [ "$(wc -l </tmp/out)" -ge $((before + 3)) ] && { tell 'results come again'; return; }
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

# The number after a word of the screen: `count_of driver` of `3 driver drops`.
count_of() { screen | sed -n "s/.* \([0-9][0-9]*\) $1.*/\1/p" | head -n 1; }

test_disconnect_is_waited_out() {
  start_headless
  # A second user of the device keeps vivid from bringing it back.
  tell 'injected: a disconnect; the node is back when its second user closes it'
  exec 9<>/dev/video1
  control disconnect=1 || true
  until_line 60 /tmp/err 'unplugged'
  said 'the camera was unplugged: waiting for it to come back'
  sleep 1
  before=$(wc -l </tmp/out)
  sleep 1
  [ "$(wc -l </tmp/out)" = "$before" ] || fail "results while the camera is away"
  exec 9>&-
  back=$(cut -d' ' -f1 /proc/uptime)
  until_new_line 60 /tmp/out
  took=$(elapsed "$back")
  tell "first result $took s after the node was back"
  frames_flow 60
  end_headless
}

test_disconnect_on_the_screen() {
  start_screen
  tell 'injected: a disconnect'
  exec 9<>/dev/video1
  control disconnect=1 || true
  until_screen 60 'unplugged: waiting for it'
  tell_screen 'unplugged|come back'
  # The keys are alive, and the last frame stays.
  tmux send-keys -t live 2
  until_screen 60 'α 0.50'
  exec 9>&-
  results_flow unplugged
  quit_screen
}

test_frames_with_the_error_flag_are_counted() {
  start_screen
  tell 'injected: three frames with the error flag'
  control inject_v4l2_buf_flag_error=1
  # Told once a kind.
  until_screen 60 "left out: the camera's driver marks frames as corrupt"
  tell_screen 'left out'
  for _ in 1 2; do control inject_v4l2_buf_flag_error=1; usleep 300000; done
  until_screen 60 '[3-9] bad'
  tell_screen bad
  results_flow corrupt
  quit_screen
}

test_dropped_buffers_are_driver_drops() {
  start_screen
  tell 'injected: half of the buffers dropped'
  control percentage_of_dropped_buffers=50
  until_screen 60 '[0-9][0-9] driver'
  tell_screen 'driver'
  control percentage_of_dropped_buffers=0
  results_flow nothing-such
  quit_screen
}

test_stalled_camera_is_restarted() {
  start_screen
  tell 'injected: every buffer dropped, so that no frame comes'
  control percentage_of_dropped_buffers=100
  until_screen 60 'no frame for 2 s: restarting the camera'
  tell_screen 'no frame for|restarting'
  # The keys are alive.
  tmux send-keys -t live 2
  until_screen 60 'α 0.50'
  control percentage_of_dropped_buffers=0
  results_flow 'no frame for'
  quit_screen
}

test_permission_lost_while_away_is_said_and_waited_for() {
  chown root:video /dev/video0 && chmod 666 /dev/video0
  tmux -u new-session -d -s live -x 100 -y 30 \
    "su guest -s /bin/sh -c 'cd /tmp; PATH=$PATH mobilecam live --source /dev/video0 --resolution 64'; sleep 100"
  until_screen 60 'glass to label +[0-9.]+ ms'
  tell 'injected: a disconnect, and the permission taken away before the node is back'
  exec 9<>/dev/video1
  control disconnect=1 || true
  until_screen 60 'unplugged'
  chmod 600 /dev/video0
  exec 9>&-
  until_screen 60 'no permission to open the camera'
  tell_screen 'no permission|usermod|Trying again'
  chmod 666 /dev/video0
  results_flow 'no permission'
  tmux send-keys -t live q
  while pidof mobilecam >/dev/null; do usleep 100000; done
  chmod 600 /dev/video0
}

test_fatal_streaming_error_restarts_the_stream() {
  start_headless
  tell 'injected: a fatal streaming error'
  control inject_fatal_streaming_error=1
  until_line 60 /tmp/err 'the stream broke'
  said 'the stream broke \(.*\): restarting the camera'
  frames_flow 60
  end_headless
}

test_fatal_streaming_error_on_the_screen() {
  start_screen
  tell 'injected: a fatal streaming error'
  control inject_fatal_streaming_error=1
  until_screen 60 'the stream broke'
  tell_screen 'the stream broke|restarting'
  results_flow 'the stream broke'
  quit_screen
}

test_failing_restarts_are_tried_again() {
  start_headless
  # The next restart fails in its first attempt.
  for call in reqbufs streamon; do
    tell "injected: a fatal streaming error, and an error of $call for the restart"
    control inject_vidioc_${call}_error=1
    control inject_fatal_streaming_error=1
    until_line 60 /tmp/err "$(echo "VIDIOC_$call" | tr a-z A-Z)"
    frames_flow 60
  done
  said 'cannot be started \(VIDIOC_REQBUFS: .*Trying again'
  said 'cannot be started \(VIDIOC_STREAMON: .*Trying again'
  end_headless
}

test_refused_buffer_restarts_the_stream() {
  start_headless
  tell 'injected: an error of QBUF'
  control inject_vidioc_qbuf_error=1
  until_line 60 /tmp/err 'VIDIOC_QBUF'
  said 'the stream broke \(VIDIOC_QBUF: .*restarting'
  frames_flow 60
  end_headless
}

test_errors_at_the_start_end_it_with_words() {
  tell 'injected: errors of REQBUFS and STREAMON at the start'
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
  tell 'injected: Ctrl-Z, and another user of the camera before fg'
  tmux send-keys -t live C-z
  until_screen 60 'Stopped'
  v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=2 >/dev/null 2>&1 || fail 'the camera is not free while suspended'
  # Taken by another when it comes back: waited for.
  v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=0 >/dev/null 2>&1 &
  holder=$!
  sleep 2
  tmux send-keys -t live fg Enter
  until_screen 60 'in use by v4l2-ctl'
  tell_screen 'in use|Trying again'
  kill $holder
  results_flow 'in use'
  tmux send-keys -t live q
  while pidof mobilecam >/dev/null; do usleep 100000; done
}
