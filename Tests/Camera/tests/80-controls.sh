# The camera's controls: set while it runs, put back when it ends, however it ends.

value_of() { v4l2-ctl -d /dev/video0 --get-ctrl "$1" | sed 's/.*: //'; }

test_controls_are_set_and_put_back() {
  control brightness=128
  control test_pattern=0
  mobilecam live --source /dev/video0 --headless --resolution 64 --control brightness=250 --control 'horizontal_flip=on' \
    --control 'test_pattern=100% Red' >/tmp/out 2>/tmp/err &
  until_line 60 /tmp/out '"sequence"'
  [ "$(value_of brightness)" = 250 ] || fail "expected brightness 250, found $(value_of brightness)"
  [ "$(value_of horizontal_flip)" = 1 ] || fail "expected horizontal_flip 1, found $(value_of horizontal_flip)"
  value_of test_pattern | grep -q '^7' || fail "expected test_pattern 7, found $(value_of test_pattern)"
  # The camera comes back with them after a fault.
  control inject_fatal_streaming_error=1
  until_line 10 /tmp/err 'the stream broke'
  until_new_line 20 /tmp/out
  [ "$(value_of brightness)" = 250 ] || fail "expected brightness 250 after the restart, found $(value_of brightness)"
  kill -TERM "$(pidof mobilecam)"
  wait $! || true
  [ "$(value_of brightness)" = 128 ] || fail "expected brightness 128 again, found $(value_of brightness)"
  [ "$(value_of horizontal_flip)" = 0 ] || fail "expected horizontal_flip 0 again"
  value_of test_pattern | grep -q '^0' || fail "expected test_pattern 0 again, found $(value_of test_pattern)"
}

test_controls_that_do_not_exist_are_named() {
  exits 1 mobilecam live --source /dev/video0 --headless --frames 1 --control sharpnes=3
  expect /tmp/err "/dev/video0: the camera has no control 'sharpnes'\. It has brightness, contrast, saturation"
  exits 1 mobilecam live --source /dev/video0 --headless --frames 1 --control brightness=900
  expect /tmp/err "brightness: expected a number from 0 to 255, found '900'"
  exits 1 mobilecam live --source /dev/video0 --headless --frames 1 --control test_pattern=Plaid
  expect /tmp/err "test_pattern: expected '75% Colorbar' \(0\), '100% Colorbar' \(1\)"
  [ "$(value_of brightness)" = 128 ] || fail "expected brightness 128, found $(value_of brightness)"
}
