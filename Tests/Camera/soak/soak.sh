# The live program for `minutes`, at random from `seed` (both from /tests/settings): width, resolution and precision changed by
# their keys, controls turned, faults injected; a few runs, each in another format and size. After everything results have to
# come, and in each run the memory has to stay what it was after its first minute.

. /tests/settings
formats='YUYV:640x480 NV12:320x180 RGB3:640x480 UYVY:640x360 GREY:640x480 YU12:320x180'

# pick N: sets `picked` to 0 … N-1 (an LCG of POSIX's rand(), whose low bits are poor).
pick() {
  seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
  picked=$(((seed >> 12) % $1))
}

now() { cut -d. -f1 /proc/uptime; }
keys() { tmux send-keys -t live "$@"; }

# The whole run is lost with the program.
is_alive() { pidof mobilecam >/dev/null || { echo "the program is gone after $*"; screen; exit 1; }; }

# The smallest network in float32, so that memory can be compared.
at_rest() {
  keys 1 ']' '[' '[' '[' '['
  local tries=60
  until screen >/tmp/screen && ! grep -q building /tmp/screen && grep -qE 'α 0.25 .*128.* fp32' /tmp/screen; do
    [ $tries -gt 0 ] || { echo 'expected α 0.25, 128 px, fp32 within 60 s'; cat /tmp/screen; exit 1; }
    tries=$((tries - 1))
    sleep 1
    grep -q building /tmp/screen || ! grep -qE '^ .* int8 ' /tmp/screen || keys i
  done
  results_flow 'restarting|unplugged|Trying again' 60
}

# Every width in both precisions, once: the weights that are read then stay.
warm_up() {
  for precision in 1 2; do
    for width in 4 3 2 1; do
      keys ']' '[' '[' '[' '[' $width
      sleep 2
      local tries=60
      while screen | grep -q building; do
        [ $tries -gt 0 ] || { echo "still building width $width after a minute"; screen; exit 1; }
        tries=$((tries - 1))
        sleep 1
      done
      results_flow 'restarting|unplugged|Trying again' 60
    done
    keys i
  done
}

resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(pidof mobilecam)/status"; }
descriptors() { ls "/proc/$(pidof mobilecam)/fd" | wc -l; }

# Width, resolution, precision. The large ones only at the least resolution: this machine is emulated.
change_settings() {
  pick 4
  keys '[' '[' '[' $((picked + 1))
  if [ $picked -lt 2 ]; then
    pick 4
    while [ $picked -gt 0 ]; do keys ']'; picked=$((picked - 1)); done
  fi
  pick 2
  [ $picked = 0 ] || keys i
}

turn_controls() {
  keys v
  until_screen 20 "the camera's controls"
  pick 4
  while [ $picked -gt 0 ]; do keys Down; picked=$((picked - 1)); done
  keys Right Right Left
  sleep 1
  keys R v
}

# One fault; `fault` names it.
inject() {
  pick 8
  case $picked in
    0)
      fault='a disconnect'
      exec 9<>/dev/video1
      control disconnect=1 || true
      until_screen 20 'unplugged|The camera is away'
      pick 3
      sleep $((picked + 1))
      exec 9>&-
      ;;
    1) fault='flagged frames'; for _ in 1 2 3; do control inject_v4l2_buf_flag_error=1; usleep 200000; done ;;
    2)
      fault='dropped buffers'
      control percentage_of_dropped_buffers=60
      sleep 2
      control percentage_of_dropped_buffers=0
      ;;
    3) fault='a fatal error'; control inject_fatal_streaming_error=1 ;;
    4) fault='a fatal error, then one of REQBUFS'; control inject_vidioc_reqbufs_error=1; control inject_fatal_streaming_error=1 ;;
    5) fault='a fatal error, then one of STREAMON'; control inject_vidioc_streamon_error=1; control inject_fatal_streaming_error=1 ;;
    6) fault='an error of QBUF'; control inject_vidioc_qbuf_error=1 ;;
    7) fault='controls turned'; turn_controls ;;
  esac
}

# one_run SECONDS FORMAT:SIZE
one_run() {
  local ends started base most=0 fds now_kb now_fds faults=0 changes=0
  started=$(now)
  ends=$((started + $1))
  start_screen --color none --format "${2%:*}" --size "${2#*:}"
  base=
  warm_up
  while [ "$(now)" -lt $ends ]; do
    change_settings
    changes=$((changes + 1))
    inject
    is_alive "$fault"
    results_flow 'restarting|unplugged|Trying again' 60
    faults=$((faults + 1))
    at_rest
    is_alive 'a change of settings'
    now_kb=$(resident) now_fds=$(descriptors)
    echo "$(($(now) - started)) s: $now_kb kB, $now_fds descriptors after $fault"
    if [ -z "$base" ]; then
      # In the first minute: what is used once is there to stay.
      [ $(($(now) - started)) -lt 60 ] || base=$now_kb fds=$now_fds
      continue
    fi
    [ "$now_kb" -le $most ] || most=$now_kb
    [ "$now_fds" = "$fds" ] || { echo "$now_fds file descriptors after $fault, $fds before: $(ls -l /proc/$(pidof mobilecam)/fd)"; exit 1; }
    [ $((now_kb - base)) -lt 2048 ] || { echo "$((now_kb - base)) kB more after $fault than after the first minute ($base kB)"; exit 1; }
  done
  is_alive 'the run'
  [ -n "$base" ] || { echo 'the run was too short to compare memory'; exit 1; }
  quit_screen
  tmux kill-server
  tell "$2: $faults faults and $changes changes of settings, results after each; resident $base kB after a minute," \
    "at most $most kB later ($((most - base)) kB more), $fds file descriptors throughout"
}

test_soak() {
  local runs=1 run=0
  [ $minutes -lt 5 ] || runs=2
  [ $minutes -lt 12 ] || runs=3
  [ $minutes -lt 25 ] || runs=6
  pick 6
  local first=$picked
  while [ $run -lt $runs ]; do
    one_run $((minutes * 60 / runs)) "$(echo $formats | cut -d' ' -f$(((first + run) % 6 + 1)))"
    run=$((run + 1))
  done
}
