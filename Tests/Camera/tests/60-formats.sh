# Every format that is decoded natively, against the colours of vivid's own test pattern.

# What eight bars of full intensity are, from the left: white, yellow, cyan, green, magenta, red, blue, black.
bars='255 255 255 255 255 0 0 255 255 0 255 0 255 0 255 255 0 0 0 0 255 0 0 0'
# The same without colour: vivid's grey is luma of BT.709, full range.
grey_bars='255 255 255 237 237 237 201 201 201 182 182 182 73 73 73 54 54 54 18 18 18 0 0 0'

# vivid itself rounds: its Y'CbCr white is 254. A wrong range or matrix is off by 16 and more.
# colours_of EXPECTED TOLERANCE NODE FORMAT [SIZE [BYTES-PER-ROW]]
colours_of() {
  local expected=$1 tolerance=$2
  shift 2
  exits 0 capture-probe colours "$@"
  expect /tmp/out '"bad_frames":0'
  sed 's/.*"mean"://; s/[][,]/ /g; s/}//' /tmp/out | awk -v expected="$expected" -v tolerance="$tolerance" '{
      n = split(expected, e, " ")
      if (NF != n) { print "expected " n " numbers, found " NF; exit 1 }
      for (i = 1; i <= n; i++) { d = $i - e[i]; if (d < 0) d = -d; if (d > largest) largest = d; if (!(d <= tolerance)) bad = 1 }
      print largest + 0 >> "/tmp/largest"
      exit bad
    }' || fail "$*: expected $expected within $tolerance, found $(cat /tmp/out)"
}

plain_bars() {
  control osd_text_mode=2
  control test_pattern=1
}

test_native_formats_show_the_bars_in_both_ranges() {
  plain_bars
  for range in 1 2; do
    rm -f /tmp/largest
    control quantization=$range
    for format in YUYV UYVY NV12 NV21 YU12 RGB3 BGR3; do
      colours_of "$bars" 4 /dev/video0 $format 640x480
    done
    tell "quantization $range: 7 formats within $(sort -n /tmp/largest | tail -n 1)"
  done
  control quantization=0
  for format in YUYV UYVY NV12 NV21 YU12 RGB3 BGR3; do colours_of "$bars" 4 /dev/video0 $format 320x180; done
  colours_of "$grey_bars" 3 /dev/video0 GREY 640x480
  control test_pattern=0
}

test_multi_planar_formats_show_the_bars() {
  node=$(multi_planar_node)
  control osd_text_mode=2 "$node"
  control test_pattern=1 "$node"
  rm -f /tmp/largest
  for format in YUYV UYVY NV12 NV21 YU12 RGB3 BGR3; do colours_of "$bars" 4 "$node" $format 640x480; done
  colours_of "$grey_bars" 3 "$node" GREY 640x480
  # Rows that are padded.
  colours_of "$bars" 4 "$node" YUYV 640x480 1312
  control quantization=1 "$node"
  colours_of "$bars" 4 "$node" NV12 640x480
  control quantization=0 "$node"
  control test_pattern=0 "$node"
  tell "multi-planar: 8 formats within $(sort -n /tmp/largest | tail -n 1)"
}

test_library_formats_show_the_bars() {
  plain_bars
  for format in BGR4 RGB4 BA24 BX24 AR24 XR24 BA81 GBRG GRBG RGGB; do colours_of "$bars" 1 /dev/video0 $format 640x480; done
  # Five bits of red and blue.
  colours_of "$bars" 8 /dev/video0 RGBP 640x480
  colours_of "$grey_bars" 3 /dev/video0 Y16 640x480
  # libv4l leaves the limited range as it is: white is 234, black 16.
  for format in YVYU YV12 NV16 NV61; do colours_of "$bars" 21 /dev/video0 $format 640x480; done
  control test_pattern=0
}

test_colour_matrices_are_honoured() {
  plain_bars
  for encoding in 1 2 6 8; do
    control y_cbcr_encoding=$encoding
    colours_of "$bars" 4 /dev/video0 YUYV 640x480
    colours_of "$bars" 4 /dev/video0 NV12 640x480
  done
  control y_cbcr_encoding=0
}

test_padded_rows_are_decoded() {
  plain_bars
  # Bytes a row that no one would choose. Not odd ones for planar formats: vivid itself would write past its buffer.
  for case in YUYV:1287 UYVY:1301 RGB3:1927 BGR3:1951 NV12:646 NV21:658 YU12:660; do
    colours_of "$bars" 4 /dev/video0 "${case%:*}" 640x480 "${case#*:}"
  done
}

test_what_was_asked_for_is_negotiated() {
  exits 0 mobilecam live --source /dev/video0 --headless --resolution 64 --frames 2 --format uyvy --size 320x180
  [ ! -s /tmp/err ] || fail "expected no words, found: $(cat /tmp/err)"
  exits 1 mobilecam live --source /dev/video0 --headless --frames 2 --format XXXX
  expect /tmp/err "/dev/video0: the camera has no format 'XXXX' that can be decoded here\. It has YUYV, UYVY"
  exits 0 mobilecam live --source /dev/video0 --headless --resolution 64 --frames 5 --size 700x500
  expect /tmp/err 'asked for 700×500: the nearest that the camera has is 640×480'
  exits 2 mobilecam live --size 640
  expect /tmp/err '\-\-size 640: expected WIDTHxHEIGHT'
  exits 2 mobilecam live --fps 0
  exits 2 mobilecam live --format TOOLONG
  exits 1 mobilecam live --source demo --headless --size 640x480
  expect /tmp/err 'for cameras, --fps for them and videos: expected a camera, found --source demo'
}
