# Frames from a camera, without the screen.

test_headless_prints_a_line_a_frame() {
  exits 0 mobilecam live --source /dev/video0 --headless --resolution 96 --frames 30
  lines=$(wc -l </tmp/out)
  [ "$lines" = 30 ] || fail "expected 30 lines, found $lines"
  numbers sequence /tmp/out >/tmp/sequences
  sort -n -u /tmp/sequences | cmp - /tmp/sequences || fail "the sequences do not increase: $(cat /tmp/sequences)"
}

test_frames_cost_no_memory() {
  exits 0 capture-probe allocations /dev/video0 YUYV
  expect /tmp/out '"objects":0,'
  [ "$(numbers pages_kept /tmp/out)" -lt 16 ] || fail "expected nothing kept, found $(cat /tmp/out)"
  tell "$(cat /tmp/out)"
}

test_multi_planar_camera_gives_frames_through_the_plugin() {
  node=$(for n in /dev/video*; do v4l2-ctl -d "$n" --info | sed -n '/Device Caps/,$p' | grep -q 'Video Capture Multiplanar' && echo "$n"; done | head -n 1)
  [ -n "$node" ] || fail "expected a multi-planar camera, found none"
  exits 0 mobilecam live --source "$node" --headless --frames 5
  # libv4l's plugin greets on standard output, which is ours alone.
  [ "$(grep -c '^{.*}$' /tmp/out)" = "$(wc -l </tmp/out)" ] || fail "expected JSON lines only, found: $(cat /tmp/out)"
}
