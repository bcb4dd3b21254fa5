# Recording what the camera gave, and playing it back.

test_recording_plays_back_with_the_same_labels_each_time() {
  rm -f /tmp/camera.y4m
  exits 0 mobilecam live --source /dev/video0 --headless --resolution 96 --frames 6 --record /tmp/camera.y4m
  expect /tmp/err 'recorded [0-9]+ frames to /tmp/camera.y4m'
  exits 1 mobilecam live --source /dev/video0 --headless --frames 6 --record /tmp/camera.y4m
  expect /tmp/err '\-\-record /tmp/camera.y4m: expected no such file yet, found one'
  for run in 1 2; do
    exits 0 mobilecam live --source /tmp/camera.y4m --headless --resolution 96 --frames 10
    sed 's/.*"sequence":\([0-9]*\).*"top":\(.*\)}$/\1 \2/' /tmp/out >/tmp/labels$run
  done
  grep -q class_index /tmp/labels1 || fail "no labels: $(cat /tmp/out)"
  cmp /tmp/labels1 /tmp/labels2 || fail 'the labels differ'
  rm /tmp/camera.y4m
}
