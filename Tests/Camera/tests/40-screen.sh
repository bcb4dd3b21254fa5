# The real screen on a real camera, in a terminal of 100 × 30.

test_screen_shows_the_camera_and_q_ends_it() {
  on_screen mobilecam live --source /dev/video0
  until_screen 60 '/dev/video0.*640×480'
  until_screen 60 'glass to label +[0-9.]+ ms'
  tmux send-keys -t live q
  until_screen 60 'exit=0'
  until_screen 60 '^cooked'
}

test_sigterm_restores_the_terminal_and_frees_the_camera() {
  on_screen mobilecam live --source /dev/video0
  until_screen 60 '/dev/video0'
  kill -TERM "$(pidof mobilecam)"
  until_screen 60 'exit=143'
  until_screen 60 '^cooked'
  v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=1
}
