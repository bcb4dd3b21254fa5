import Frames
import Glibc
import Platform

/// A ring for frames of four pixels.
func smallRing(slots: Int = 4, everyFrame: Bool = false) -> FrameRing {
  FrameRing(slotCount: slots, maximumPixels: 4, everyFrame: everyFrame)
}

/// Publishes a frame of 2 × 1 pixels whose six bytes are its number.
@discardableResult
func publish(_ number: Int, into ring: FrameRing) -> Bool {
  ring.publish { pixels in
    for index in 0..<6 { pixels[index] = UInt8(number) }
    return FrameInfo(width: 2, height: 1, sequence: number, captured: Nanoseconds(Int64(number) * 1000))
  }
}

let noWait = Nanoseconds.zero
/// For what must come: long enough for a machine that is busy with something else.
let patience = Nanoseconds(seconds: 20)

func pauseMilliseconds(_ milliseconds: Double) { usleep(UInt32(milliseconds * 1000)) }
