# The list of cameras.

test_devices_lists_capture_nodes_only() {
  ls /dev/video* | wc -l >/tmp/nodes
  [ "$(cat /tmp/nodes)" -ge 4 ] || fail "expected more nodes than cameras, found $(cat /tmp/nodes)"
  exits 0 mobilecam devices --json
  [ ! -s /tmp/err ] || fail "expected nothing on standard error, found: $(cat /tmp/err)"
  # The kernel's own word on every node.
  for node in /dev/video*; do
    path=$(echo "$node" | sed 's,/,\\\\*/,g')
    if v4l2-ctl -d "$node" --info | sed -n '/Device Caps/,$p' | grep -q 'Video Capture'; then
      expect /tmp/out "\"path\" *: *\"$path\""
    elif grep -qE "\"path\" *: *\"$path\"" /tmp/out; then
      fail "$node is no camera but was listed"
    fi
  done
  expect /tmp/out '"fourcc" *: *"YUYV"'
  expect /tmp/out '"driver" *: *"vivid"'
}
