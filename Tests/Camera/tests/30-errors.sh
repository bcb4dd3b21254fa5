# What the user reads when a camera cannot be had.

test_missing_device_names_the_cameras_that_exist() {
  exits 1 mobilecam live --source /dev/video99 --headless --frames 1
  expect /tmp/err '/dev/video99: there is no such device\. Cameras on this machine: /dev/video0 \(vivid\)'
}

test_dev_null_is_no_camera() {
  exits 1 mobilecam live --source /dev/null --headless --frames 1
  expect /tmp/err '/dev/null: expected a camera, found a device that does not speak V4L2'
}

test_output_node_does_not_capture() {
  node=$(for n in /dev/video*; do v4l2-ctl -d "$n" --info | sed -n '/Device Caps/,$p' | grep -qE 'Video Output$' && echo "$n"; done | head -n 1)
  exits 1 mobilecam live --source "$node" --headless --frames 1
  expect /tmp/err "$node \(vivid\): this node does not capture video"
}

test_busy_camera_names_its_holder() {
  v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=0 >/dev/null 2>&1 &
  holder=$!
  sleep 2
  exits 1 mobilecam live --source /dev/video0 --headless --frames 1
  kill $holder
  expect /tmp/err "/dev/video0: the camera is in use by v4l2-ctl \(process $holder\)\. Close it there, then try again\."
}

test_no_permission_says_which_group() {
  chown root:video /dev/video0 && chmod 660 /dev/video0
  cat >/tmp/as-guest <<END
cd /tmp
PATH=$PATH mobilecam live --source /dev/video0 --headless --frames 1
END
  status=0
  su guest -s /bin/sh -c 'sh /tmp/as-guest' >/tmp/out 2>/tmp/err || status=$?
  chmod 600 /dev/video0
  [ $status = 1 ] || fail "expected exit status 1, found $status: $(cat /tmp/err)"
  expect /tmp/err "no permission to open the camera \(its group is 'video'\)"
  expect /tmp/err 'sudo usermod -aG video \$USER'
}
