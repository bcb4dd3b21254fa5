# USB cameras made of software (webcam/), driven by the kernel's own uvcvideo.

# plug_in N OPTION…: a camera on port N, which takes commands through /tmp/webcam.N.
plug_in() {
  local n=$1
  shift
  rm -f /tmp/webcam.$n
  mkfifo /tmp/webcam.$n
  webcam --port "$n" --picture /opt/mobilecam/assets/demo/coffee.jpg --commands /tmp/webcam.$n "$@" 2>/tmp/webcam.words &
  node=$(until_node "$n")
}

# until_node N: waits for the camera on port N; prints its node.
until_node() {
  local tries=100
  while [ $tries -gt 0 ]; do
    for folder in /sys/class/video4linux/video*; do
      case $(readlink "$folder/device") in
        *"/1-$(($1 + 1)):1.0") [ "$(cat "$folder/index")" = 0 ] && { usleep 100000; echo "/dev/${folder##*/}"; return; } ;;
      esac
    done
    usleep 100000
    tries=$((tries - 1))
  done
  echo "no node on port $1: $(cat /tmp/webcam.words; dmesg | tail -n 5)" >&2
  exit 1
}

# tell_camera N COMMAND…
tell_camera() { local n=$1; shift; echo "$*" >/tmp/webcam.$n; }

# watch OPTION…: the program without a screen on the camera at `node`, its lines in /tmp/out and its words in /tmp/err. An emulated
# machine keeps up with pictures of this size only: else the driver has no buffer left when something happens.
watch() {
  : >/tmp/out; : >/tmp/err
  mobilecam live --source "$node" --resolution 64 --size 320x240 --fps 15 --headless "$@" >>/tmp/out 2>>/tmp/err &
}

mean() { exits 0 capture-probe colours "$@"; expect /tmp/out '"bad_frames":0'; sed 's/.*"mean"//' /tmp/out; }

test_webcam_is_listed_with_what_it_offers() {
  plug_in 0 --formats h264,mjpg,yuyv,grey
  exits 0 mobilecam devices --json
  # What is told of this camera alone.
  { tr -d ' \n' </tmp/out; echo; } | sed 's/.*{"bus":"usb-vhci/{"bus":"usb-vhci/' >/tmp/flat
  expect /tmp/flat '"card":"SoftwareWebcam","driver":"uvcvideo"'
  for format in H264 MJPG YUYV GREY; do expect /tmp/flat "\"fourcc\":\"$format\""; done
  [ "$(grep -o '"driver":"uvcvideo"' /tmp/flat | wc -l)" = 1 ] || fail "expected no metadata node, found $(cat /tmp/flat)"
  exits 0 mobilecam doctor
  expect /tmp/out "camera|ok +$node \(Software Webcam\): 640×480 YUYV at 30 fps, about 147 Mbit/s"
  exits 1 mobilecam live --source "$node" --headless --frames 1 --format H264
  expect /tmp/err "the camera has no format 'H264' that can be decoded here\. It has MJPG, YUYV, GREY"
}

# Every format, isochronous and bulk, is the same picture.
test_webcam_formats_show_the_picture() {
  for kind in '' --bulk; do
    plug_in 0 --formats mjpg,yuyv,grey $kind
    mean "$node" MJPG 640x480 >/tmp/mjpg
    mean "$node" YUYV 640x480 >/tmp/yuyv
    mean "$node" GREY 640x480 >/tmp/grey
    tr -c '0-9.\n' ' ' </tmp/mjpg >/tmp/wanted
    tr -c '0-9.\n' ' ' </tmp/yuyv | paste -d' ' /tmp/wanted - | awk '{
      for (i = 1; i <= NF / 2; i++) { d = $i - $(i + NF / 2); if (d < 0) d = -d; if (d > most) most = d }
      print most; exit !(NF >= 48 && most < 4) }' >/tmp/most || fail "MJPG $(cat /tmp/mjpg), YUYV $(cat /tmp/yuyv)"
    tell "${kind:-isochronous}: MJPG and YUYV within $(cat /tmp/most)"
    unplug_webcams
  done
}

# What cameras do to the ends of their pictures changes no pixel; and the labels are right where every frame lacks its end.
test_webcam_flaws_that_are_none() {
  plug_in 0 --formats mjpg
  mean "$node" MJPG 640x480 >/tmp/wanted
  for flaw in lead trail1 trailstale noeoi tables; do
    tell_camera 0 flaw $flaw 1
    mean "$node" MJPG 640x480 | cmp -s - /tmp/wanted || fail "$flaw: expected $(cat /tmp/wanted), found $(cat /tmp/out)"
  done
  tell_camera 0 flaw noeoi 1
  exits 0 mobilecam live --source "$node" --headless --frames 3
  [ "$(grep -c '"espresso"' /tmp/out)" = 3 ] || fail "expected espresso, found $(cat /tmp/out)"
  tell_camera 0 flaw size 1
  exits 0 mobilecam live --source "$node" --headless --frames 3
  expect /tmp/err 'the camera sends pictures of 320×240 where 640×480 was agreed'
  tell "$(grep -o '"class_index".*' /tmp/out | head -n 1 | cut -c1-60)"
}

# Faults while it runs: commands | what is said (nothing where empty) | commands that end it. Results come after it.
running_cases() {
  cat <<END
fail 1 71|transfers from the camera fail|
fail -1 71|no frame for 2 s: restarting the camera|fail 0 0
fail -1 32|no frame for 2 s: restarting the camera|fail 0 0
err on|no frame for 2 s: restarting the camera|err off
frozen on|no frame for 2 s: restarting the camera|frozen off
noend on||noend off
empty on||empty off
oversized on||oversized off
flaw cut 2|left out: a JPEG frame of [0-9]+ bytes that is cut off|flaw none
flaw garbage 2|left out: a frame of [0-9]+ bytes that is no JPEG picture|flaw none
unplug|the camera was unplugged: waiting for it to come back|plug
END
}

test_webcam_faults_while_it_runs() {
  plug_in 0 --formats mjpg
  watch
  results
  running_cases >/tmp/cases
  while IFS='|' read -r fault words end; do
    # The words of this fault only.
    : >/tmp/err
    tell "injected: $fault"
    tell_camera 0 "$fault"
    [ -z "$words" ] || said "$words"
    [ -n "$words" ] || results
    [ -z "$end" ] || tell_camera 0 "$end"
    results
  done </tmp/cases
  # A failed transfer is no thousand of lost frames: all that was lost are seconds of them.
  drops=$(numbers driver_drops /tmp/out | tail -n 1)
  all=$(wc -l </tmp/out)
  tell "driver drops $drops, results $all, bad frames $(numbers bad_frames /tmp/out | tail -n 1)"
  [ "$drops" -lt 60 ] || fail "expected fewer than 60 driver drops, found $drops"
  end_watch
}

# The driver may be told to keep what it holds for corrupt.
test_webcam_flagged_frames_are_shown_where_all_are() {
  echo 1 >/sys/module/uvcvideo/parameters/nodrop
  plug_in 0 --formats mjpg
  tell_camera 0 err on
  watch
  said "marks every frame as corrupt: whole ones are shown all the same"
  results
  end_watch
  echo 0 >/sys/module/uvcvideo/parameters/nodrop
}

# A failed transfer where nothing is kept back: the driver gives its buffers back empty, numbered 0.
test_webcam_failed_transfer_is_counted_right() {
  echo 1 >/sys/module/uvcvideo/parameters/nodrop
  plug_in 0 --formats mjpg
  watch
  results
  usleep 3000000
  before=$(numbers driver_drops /tmp/out | tail -n 1)
  tell_camera 0 fail 1 71
  said 'transfers from the camera fail'
  results
  after=$(numbers driver_drops /tmp/out | tail -n 1)
  tell "driver drops before $before, after $after, of $(numbers sequence /tmp/out | tail -n 1) frames"
  [ $((after - before)) -lt 15 ] || fail "expected at most some drops, found $before and then $after"
  end_watch
  echo 0 >/sys/module/uvcvideo/parameters/nodrop
}

# What never gives a picture: options of the camera | command | options of the program | exit status | words.
silent_cases() {
  cat <<END
--formats mjpg|frozen on|--frames 3|1|the camera gives no picture in any of its formats \(MJPG: no frame for 2 s\)
--formats mjpg,yuyv|frozen on|--frames 3 --format MJPG|1|the camera gives no picture in MJPG, the format that was asked for
--formats mjpg|flaw garbage 1|--frames 3|1|no picture in any of its formats \(MJPG: a frame of [0-9]+ bytes that is no JPEG picture \(.*\) \(10 times\)\)
--formats mjpg,yuyv|flaw garbage 1|--frames 3 --size 1280x720|0|trying another format than MJPG
--formats mjpg|alternate 28|--frames 3|1|the USB bus has no bandwidth left for 640×480 MJPG at 30 fps, nor for less, down to 320×240 MJPG at 15 fps
--formats mjpg|alternate 32|--frames 3|1|the camera cannot be started \(VIDIOC_STREAMON: Broken pipe\)
--formats mjpg --maximum-frame 1000|err off|--frames 3|1|the camera gives no picture in any of its formats
--formats mjpg,yuyv --maximum-frame 4000000000|err off|--frames 3 --size 1280x720|0|MJPG cannot be started \(VIDIOC_REQBUFS: Cannot allocate memory\)
--formats h264|err off|--frames 3|1|none of its formats can be decoded here \(it offers H264\)
END
}

test_webcam_that_gives_no_picture_says_why() {
  silent_cases >/tmp/cases
  while IFS='|' read -r camera command program status words; do
    plug_in 0 $camera
    tell_camera 0 "$command"
    found=0
    # shellcheck disable=SC2086
    timeout 60 mobilecam live --source "$node" --resolution 64 --headless $program >/tmp/out 2>/tmp/err || found=$?
    [ $found = "$status" ] || fail "$camera, $command: expected exit status $status, found $found: $(cat /tmp/err)"
    expect /tmp/err "$words"
    tell "$camera, $command: $(grep -E -- "$words" /tmp/err | head -n 1)"
    unplug_webcams
  done </tmp/cases
}

# The same camera elsewhere, by its serial number; soon after it went.
test_webcam_is_found_at_another_port() {
  plug_in 0 --formats mjpg --serial A7
  watch
  results
  tell_camera 0 unplug
  usleep 100000
  tell_camera 0 plug 3
  said 'unplugged'
  : >/tmp/err
  results
  ! grep -q 'is taken for' /tmp/err || fail "expected no remark, found $(cat /tmp/err)"
  end_watch
  unplug_webcams
  plug_in 1 --formats mjpg
  watch
  results
  tell_camera 1 unplug
  said 'unplugged'
  usleep 500000
  tell_camera 1 plug 4
  said 'is taken for the camera that was at usb-vhci_hcd.0-2: it has the same name, and no serial number'
  results
  end_watch
}

# Two alike are two: the other one is never taken for the one that went.
test_webcams_that_are_alike_are_told_apart() {
  plug_in 0 --formats mjpg
  first=$node
  plug_in 1 --formats mjpg
  second=$node
  exits 1 mobilecam live --source 'Software Webcam' --headless --frames 1
  expect /tmp/err "'Software Webcam' fits several cameras: $first \(Software Webcam\), $second \(Software Webcam\)"
  node=$first
  watch
  results
  tell_camera 0 unplug
  said 'unplugged'
  # The last frame's result.
  sleep 1
  before=$(wc -l </tmp/out)
  sleep 3
  [ "$(wc -l </tmp/out)" = "$before" ] || fail "results from another camera: $before, $(wc -l </tmp/out): $(cat /tmp/err)"
  # Both at once.
  exits 0 mobilecam live --source "$second" --resolution 64 --headless --frames 2
  tell_camera 0 plug
  : >/tmp/out
  results
  end_watch
}

# Names as some cameras have them: nothing of them steers a terminal or breaks a line.
test_webcam_names_are_printed_as_text() {
  plug_in 0 --formats mjpg --name "$(printf 'Cam\n\033[31m\a \360\237\223\267 2\037')"
  exits 0 mobilecam devices
  grep -q '📷' /tmp/out || fail "expected the name, found $(cat /tmp/out)"
  if tr -d '\n' </tmp/out | grep -q "[[:cntrl:]]"; then fail "control characters in $(cat -v /tmp/out)"; fi
  grep "$node" /tmp/out >/tmp/line
  grep -q '📷' /tmp/line || fail "the name is on several lines: $(cat /tmp/out)"
  exits 0 mobilecam devices --json
  expect /tmp/out '📷'
  on_screen mobilecam live --source "$node" --resolution 64
  until_screen 60 'glass to label +[0-9.]+ ms'
  quit_screen
}

# Controls through the real driver: set, put back, stalled, and each answer after a second.
test_webcam_controls() {
  plug_in 0 --formats mjpg
  watch --control brightness=200
  results
  [ "$(v4l2-ctl -d "$node" --get-ctrl brightness)" = 'brightness: 200' ] || fail 'expected brightness 200'
  end_watch
  [ "$(v4l2-ctl -d "$node" --get-ctrl brightness)" = 'brightness: 128' ] || fail 'expected brightness 128 again'
  tell_camera 0 stalled on
  exits 1 mobilecam live --source "$node" --resolution 64 --headless --frames 3 --control brightness=100
  expect /tmp/err "$node: "
  tell "stalled: $(tail -n 1 /tmp/err)"
  exits 0 mobilecam live --source "$node" --resolution 64 --headless --frames 3
  unplug_webcams
  plug_in 0 --formats mjpg
  tell_camera 0 slow 1000
  begin=$(cut -d' ' -f1 /proc/uptime)
  watch --control brightness=200 --control contrast=10
  until_line 60 /tmp/out '"sequence"'
  tell "slow: first result after $(elapsed "$begin") s"
  awk -v took="$(elapsed "$begin")" 'BEGIN { exit !(took < 6) }' || fail "expected a result within 6 s: $(elapsed "$begin") s"
  begin=$(cut -d' ' -f1 /proc/uptime)
  end_watch
  tell "slow: ended after $(elapsed "$begin") s"
}

test_loopback_without_a_writer_says_how_to_feed_it() {
  modprobe v4l2loopback video_nr=20 card_label=Loopback 2>/dev/null || { tell 'skipped: no v4l2loopback'; return 0; }
  usleep 300000
  exits 1 mobilecam live --source /dev/video20 --headless --frames 1
  expect /tmp/err '/dev/video20 \(Loopback\): expected pictures, found a v4l2loopback device into which no program writes\. Feed it: ffmpeg'
  mobilecam doctor >/tmp/out || true
  expect /tmp/out '/dev/video20 \(Loopback\): a v4l2loopback device into which no program writes'
  rmmod v4l2loopback
}

# vivid's HDMI input, whose cable is pulled out.
test_no_video_signal_is_waited_out() {
  v4l2-ctl -d /dev/video0 --set-input 1 >/dev/null
  : >/tmp/out; : >/tmp/err
  mobilecam live --source /dev/video0 --resolution 64 --headless >/tmp/out 2>/tmp/err &
  until_line 60 /tmp/out '"sequence"'
  v4l2-ctl -d /dev/video0 --set-ctrl dv_timings_signal_mode=1
  said "no video signal at the camera's input 'HDMI[^']*': waiting for a signal"
  usleep 300000
  before=$(wc -l </tmp/out)
  sleep 3
  [ "$(wc -l </tmp/out)" = "$before" ] || fail "results without a signal"
  v4l2-ctl -d /dev/video0 --set-ctrl dv_timings_signal_mode=0
  said 'the video signal is back'
  results
  end_watch
  v4l2-ctl -d /dev/video0 --set-input 0 >/dev/null
}
