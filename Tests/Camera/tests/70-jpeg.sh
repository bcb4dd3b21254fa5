# Motion JPEG, through a camera that gives what is written into it: v4l2loopback.

picture=/opt/mobilecam/assets/demo/astronaut.jpg

# start_loopback: /dev/video20, 800 × 800, fed with `picture` until `stop_loopback`; what lies at /tmp/next goes in between.
start_loopback() {
  rm -f /tmp/next
  modprobe v4l2loopback video_nr=20 card_label=Loopback 2>/dev/null || return 1
  usleep 300000
  v4l2-ctl -d /dev/video20 --set-ctrl keep_format=1
  v4l2-ctl -d /dev/video20 --set-fmt-video-out=width=800,height=800,pixelformat=MJPG >/dev/null
  # One write is one frame.
  (
    exec 9>/dev/video20
    while :; do
      dd if=$picture bs=1M 2>/dev/null >&9
      [ ! -e /tmp/next ] || dd if=/tmp/next bs=1M 2>/dev/null >&9
      usleep 30000
    done
  ) &
  feeder=$!
}

stop_loopback() {
  kill $feeder 2>/dev/null || true
  usleep 300000
  rmmod v4l2loopback || true
}

test_motion_jpeg_shows_the_picture_that_was_sent() {
  start_loopback || { tell 'skipped: no v4l2loopback'; return 0; }
  exits 0 capture-probe colours $picture
  sed 's/.*"mean"//' /tmp/out >/tmp/wanted
  exits 0 capture-probe colours /dev/video20 MJPG 800x800
  expect /tmp/out '800×800 MJPG'
  sed 's/.*"mean"//' /tmp/out | cmp - /tmp/wanted || fail "expected $(cat /tmp/wanted), found $(cat /tmp/out)"
  exits 0 mobilecam live --source Loopback --headless --resolution 64 --frames 3
  stop_loopback
}

test_truncated_jpeg_frames_are_counted_and_not_shown() {
  start_loopback || { tell 'skipped: no v4l2loopback'; return 0; }
  head -c 20000 $picture >/tmp/next
  exits 0 mobilecam live --source /dev/video20 --headless --resolution 64 --frames 20
  rm /tmp/next
  bad=$(numbers bad_frames /tmp/out | tail -n 1)
  [ "$bad" -ge 3 ] || fail "expected at least 3 bad frames, found $bad: $(cat /tmp/err)"
  tell "$bad bad frames counted among 20 results"
  stop_loopback
}

test_truncated_jpeg_frames_on_the_screen() {
  start_loopback || { tell 'skipped: no v4l2loopback'; return 0; }
  tell 'injected: every other JPEG frame cut off'
  head -c 20000 $picture >/tmp/next
  on_screen mobilecam live --source /dev/video20 --resolution 64 --preview ascii
  until_screen 60 '[0-9]+ bad'
  until_screen 60 'left out: a JPEG frame of 20000 bytes that is cut off'
  tell_screen ' bad |left out'
  rm /tmp/next
  results_flow 'cut off'
  tell 'results come again'
  quit_screen
  stop_loopback
}

test_jpeg_frames_cost_no_memory() {
  start_loopback || { tell 'skipped: no v4l2loopback'; return 0; }
  exits 0 capture-probe allocations /dev/video20 MJPG
  expect /tmp/out '"objects":0,'
  tell "$(cat /tmp/out)"
  stop_loopback
}
