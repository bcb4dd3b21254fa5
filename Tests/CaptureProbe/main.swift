// What the camera tests ask of the capture room, apart from the program.
//
//   capture-probe colours SOURCE [FORMAT [WIDTHxHEIGHT [BYTES-PER-ROW]]]
//       one JSON line: what was negotiated, and the mean colour of each eighth of a frame, from the left
//   capture-probe allocations CAMERA [FORMAT]
//       one JSON line: what the runtime allocated while 100 frames came
//   capture-probe latency CAMERA [FORMAT]
//       one JSON line: µs from a frame's dequeue, and from its capture, to its place in the ring, at 640×480
//   capture-probe divided [JPEG-FILE…]
//       the time of a frame that is made no larger than the network looks at, beside the long way
//   capture-probe speed
//       the time of one 640×480 frame in each format that is decoded natively, on one core

import Capture
import Frames
import Glibc
import Playback

func fail(_ words: String) -> Never {
  print("capture-probe: \(words)")
  exit(1)
}

let arguments = CommandLine.arguments
do {
  switch arguments.dropFirst().first {
  case "colours" where arguments.count > 2: try Colors.report(Array(arguments.dropFirst(2)))
  case "allocations" where arguments.count > 2: try Allocations.report(Array(arguments.dropFirst(2)))
  case "latency" where arguments.count > 2: try Latency.report(Array(arguments.dropFirst(2)))
  case "divided": try DividedSpeed.report(Array(arguments.dropFirst(2)))
  case "speed": Speed.report()
  default: fail("expected 'colours SOURCE …', 'allocations CAMERA …', 'latency CAMERA …', 'divided …' or 'speed'")
  }
} catch {
  fail("\(error)")
}
