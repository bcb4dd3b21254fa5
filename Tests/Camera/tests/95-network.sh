# A camera of another machine: a real server, ustreamer, on a vivid camera, read over HTTP.

serve() {
  ustreamer --device /dev/video0 --resolution 320x180 --desired-fps 5 --host 127.0.0.1 --port 8080 --user me --passwd hush >/tmp/serve 2>&1 &
  local tries=200
  while [ $tries -gt 0 ]; do
    grep -q 'Capturing started\|Listening HTTP' /tmp/serve && return
    usleep 100000
    tries=$((tries - 1))
  done
  fail "expected a server, found $(cat /tmp/serve)"
}

test_ustreamer_is_read_over_http() {
  ifconfig lo 127.0.0.1 up
  serve
  for path in stream snapshot; do
    exits 0 mobilecam live --source "http://me:hush@127.0.0.1:8080/$path" --resolution 64 --headless --frames 4
    [ "$(grep -c '"sequence"' /tmp/out)" = 4 ] || fail "$path: expected 4 results, found $(cat /tmp/out /tmp/err)"
    tell "$path: $(grep -o '"crop_side":[0-9]*' /tmp/out | tail -n 1)"
  done
  expect /tmp/out '"crop_side":158'
  exits 1 mobilecam live --source http://me:hash@127.0.0.1:8080/stream --headless --frames 1
  expect /tmp/err 'refuses this user and password'
  # The server goes and comes again.
  : >/tmp/out; : >/tmp/err
  mobilecam live --source http://me:hush@127.0.0.1:8080/stream --resolution 64 --headless >>/tmp/out 2>>/tmp/err &
  results
  killall ustreamer
  said 'the stream was lost'
  usleep 1000000
  serve
  results
  ! grep -q hush /tmp/err /tmp/out || fail 'the password is shown'
  end_watch
  killall ustreamer
}
