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
  until_line 60 /tmp/err 'the stream broke'
  until_new_line 60 /tmp/out
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

# until_value SECONDS CONTROL VALUE: waits until v4l2-ctl reads that value back.
until_value() {
  local tries=$(($1 * 10))
  while [ $tries -gt 0 ]; do
    [ "$(value_of "$2")" != "$3" ] || return 0
    usleep 100000
    tries=$((tries - 1))
  done
  echo "expected $2 $3 within $1 s, found $(value_of "$2")"; screen; exit 1
}

# on_controls OPTION…: the screen with its panel of controls open, brightness chosen.
on_controls() {
  control brightness=128
  control contrast=128
  on_screen mobilecam live --source /dev/video0 --resolution 64 --preview ascii "$@"
  until_screen 60 'glass to label +[0-9.]+ ms'
  tmux send-keys -t live v
  until_screen 60 "the camera's controls"
  until_screen 60 '›Brightness .* 128 '
}

test_controls_panel_turns_them_live_and_puts_them_back() {
  on_controls
  tmux send-keys -t live Right Right Right
  until_value 60 brightness 134
  until_screen 60 '›Brightness .*\*134'
  tell_screen 'Brightness'
  # What turns by itself is read again: vivid's gain counts seconds while it is automatic, and is not to be turned.
  until_screen 60 ' Gain +\([0-9]+\)'
  gain=$(screen | grep -oE ' Gain +\([0-9]+\)')
  tries=300
  while [ "$(screen | grep -oE ' Gain +\([0-9]+\)')" = "$gain" ]; do
    [ $tries -gt 0 ] || fail "the gain stays at $gain"
    tries=$((tries - 1))
    usleep 100000
  done
  # What another program turns, too.
  control contrast=77
  until_screen 60 'Contrast .*\*77'
  # One is reset, then all.
  tmux send-keys -t live r
  until_value 60 brightness 128
  tmux send-keys -t live Down Left
  until_value 60 contrast 75
  tmux send-keys -t live R
  until_value 60 contrast 128
  tmux send-keys -t live Up Left Left
  until_value 60 brightness 124
  tmux send-keys -t live q
  until_screen 60 'exit=0'
  [ "$(value_of brightness)" = 128 ] || fail "expected brightness 128 again, found $(value_of brightness)"
  [ "$(value_of contrast)" = 77 ] || fail "expected contrast 77 again, found $(value_of contrast)"
  control contrast=128
  tell "brightness turned to 134, reset, turned to 124, and 128 again after the end"
}

test_controls_are_kept_where_told_to() {
  on_controls --keep-controls
  tmux send-keys -t live Right Right
  until_value 60 brightness 132
  tmux send-keys -t live q
  until_screen 60 'exit=0'
  [ "$(value_of brightness)" = 132 ] || fail "expected brightness 132 to stay, found $(value_of brightness)"
  control brightness=128
}

test_controls_are_set_again_when_the_camera_is_back() {
  on_controls
  tmux send-keys -t live Right
  until_value 60 brightness 130
  exec 9<>/dev/video1
  control disconnect=1 || true
  until_screen 60 'The camera is away'
  tell_screen 'The camera is away|set when it is back'
  tmux send-keys -t live Right Right
  until_screen 60 'Brightness .*\*134'
  exec 9>&-
  until_value 60 brightness 134
  until_screen 60 'Brightness .*\*134'
  # The value is there before the panel, which looks twice a second.
  local tries=300
  while screen | grep -q 'The camera is away'; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || fail "still away: $(screen)"
    usleep 200000
  done
  # Broken streams bring the values along as well.
  control inject_fatal_streaming_error=1
  sleep 2
  [ "$(value_of brightness)" = 134 ] || fail "expected brightness 134 after the restart, found $(value_of brightness)"
  kill -TERM "$(pidof mobilecam)"
  until_screen 60 'exit=143'
  [ "$(value_of brightness)" = 128 ] || fail "expected brightness 128 again, found $(value_of brightness)"
}

test_controls_without_a_camera_say_why() {
  on_screen mobilecam live --source demo --resolution 64
  until_screen 60 'glass to label +[0-9.]+ ms'
  tmux send-keys -t live v
  until_screen 60 'no controls: demo reel is no camera'
  tell_screen 'no controls'
  tmux send-keys -t live q
  until_screen 60 'exit=0'
}
