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

test_latency_that_we_add_is_told() {
  # This machine is emulated, some ten times slower than a real one: a report, not a limit.
  for format in YUYV NV12 RGB3; do
    exits 0 capture-probe latency /dev/video0 $format
    expect /tmp/out '"dequeue_to_ring_us"'
    tell "$(cat /tmp/out)"
  done
}

test_multi_planar_camera_gives_frames_without_a_plugin() {
  node=$(multi_planar_node)
  [ -n "$node" ] || fail "expected a multi-planar camera, found none"
  [ ! -e /usr/lib/x86_64-linux-gnu/libv4l/plugins ] || fail 'expected no plugins of libv4l in this machine'
  exits 0 mobilecam live --source "$node" --headless --resolution 64 --frames 5
  [ "$(grep -c '^{.*}$' /tmp/out)" = "$(wc -l </tmp/out)" ] || fail "expected JSON lines only, found: $(cat /tmp/out)"
  exits 1 mobilecam live --source "$node" --headless --frames 1 --format NM12
  expect /tmp/err "the camera has no format 'NM12' that can be decoded here"
}
