# What is wrong with the machine.

test_doctor_finds_nothing_wrong_with_vivid() {
  exits 0 mobilecam doctor
  expect /tmp/out '^camera +ok +/dev/video0 \(vivid\): 640×480 YUYV at 25 fps, about 123 Mbit/s'
  expect /tmp/out '^weights +ok +α = 0\.25'
  expect /tmp/out '^Nothing is wrong\.$'
}

test_doctor_says_who_has_the_camera() {
  v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=0 >/dev/null 2>&1 &
  holder=$!
  sleep 1
  exits 1 mobilecam doctor
  kill $holder
  expect /tmp/out "wrong +/dev/video0: in use by v4l2-ctl \(process $holder\)"
  expect /tmp/out "\-> close it there, or: kill $holder"
}

test_doctor_without_a_camera_says_so() {
  mkdir /tmp/none
  # The machine's own nodes put away for a moment.
  for node in /dev/video*; do mv "$node" /tmp/none/; done
  status=0
  mobilecam doctor >/tmp/out 2>/tmp/err || status=$?
  mv /tmp/none/* /dev/
  [ $status = 1 ] || fail "expected exit status 1, found $status: $(cat /tmp/out)"
  expect /tmp/out '^camera +wrong +no camera: there is no /dev/video\*'
  expect /tmp/out '^1 thing is wrong\.$'
}

test_doctor_on_a_plain_terminal() {
  tmux -u new-session -d -s live -x 100 -y 30 'TERM=vt100 LANG=C mobilecam doctor; echo "exit=$?"; sleep 100'
  until_screen 60 'exit=0'
  grep -qE 'vt100 has -?[0-9]+ colours|vt100, 100×30' /tmp/screen || fail "$(cat /tmp/screen)"
  expect /tmp/screen "the locale's character set is ANSI_X3.4-1968"
}
