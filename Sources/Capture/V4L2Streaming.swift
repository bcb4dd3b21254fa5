import CV4L2
import Frames
import Glibc
import Platform

/// Format, rate, buffers and streaming of a node, with one memory plane a buffer: through the single-planar interface, or the
/// multi-planar one where the node has no other.
extension V4L2Device {
  var bufferType: UInt32 {
    isMultiPlanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE.rawValue : V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
  }

  // MARK: Format and rate

  /// Asks for a format; returns what the driver chose instead, padding and colour description included. `nil` where that has its
  /// planes in several pieces of memory.
  package func setFormat(_ fourCC: FourCC, width: Int, height: Int, bytesPerRow: Int = 0) throws(CallError)
    -> StreamFormat?
  {
    var raw = v4l2_format()
    raw.type = bufferType
    if isMultiPlanar {
      raw.fmt.pix_mp.pixelformat = fourCC.code
      raw.fmt.pix_mp.width = UInt32(width)
      raw.fmt.pix_mp.height = UInt32(height)
      raw.fmt.pix_mp.num_planes = 1
      raw.fmt.pix_mp.plane_fmt.0.bytesperline = UInt32(bytesPerRow)
      raw.fmt.pix_mp.field = V4L2_FIELD_NONE.rawValue
    } else {
      raw.fmt.pix.pixelformat = fourCC.code
      raw.fmt.pix.width = UInt32(width)
      raw.fmt.pix.height = UInt32(height)
      raw.fmt.pix.bytesperline = UInt32(bytesPerRow)
      raw.fmt.pix.field = V4L2_FIELD_NONE.rawValue
    }
    try request("VIDIOC_S_FMT", cv4l2_S_FMT, &raw)
    return isMultiPlanar ? StreamFormat(raw.fmt.pix_mp) : StreamFormat(raw.fmt.pix)
  }

  /// Asks for a rate in frames a second; returns the one that the driver keeps, `nil` where it has none.
  package func setRate(_ rate: Double) throws(CallError) -> Double? {
    var raw = v4l2_streamparm()
    raw.type = bufferType
    raw.parm.capture.timeperframe = v4l2_fract(numerator: 1000, denominator: UInt32(max(1, rate * 1000)))
    _ = try item("VIDIOC_S_PARM", cv4l2_S_PARM, &raw)
    var found = v4l2_streamparm()
    found.type = bufferType
    return try item("VIDIOC_G_PARM", cv4l2_G_PARM, &found)?.parm.capture.timeperframe.rate
  }

  // MARK: Buffers

  /// Asks for `count` memory-mapped buffers; returns how many there are.
  package func requestBuffers(_ count: Int) throws(CallError) -> Int {
    var raw = v4l2_requestbuffers()
    raw.count = UInt32(count)
    raw.type = bufferType
    raw.memory = V4L2_MEMORY_MMAP.rawValue
    try request("VIDIOC_REQBUFS", cv4l2_REQBUFS, &raw)
    return Int(raw.count)
  }

  package func mapBuffer(_ index: Int) throws(CallError) -> UnsafeMutableRawBufferPointer {
    let (raw, plane) = try exchange("VIDIOC_QUERYBUF", cv4l2_QUERYBUF, index)
    let byteCount = Int(isMultiPlanar ? plane.length : raw.length)
    let answer = calls.map(descriptor, byteCount, Int(isMultiPlanar ? plane.m.mem_offset : raw.m.offset))
    guard answer.error == 0, let address = UnsafeMutableRawPointer(bitPattern: answer.value) else {
      throw CallError(call: "mmap", code: answer.error)
    }
    return UnsafeMutableRawBufferPointer(start: address, count: byteCount)
  }

  package func unmap(_ buffer: UnsafeMutableRawBufferPointer) {
    if let address = buffer.baseAddress { _ = calls.unmap(address, buffer.count) }
  }

  package func enqueue(_ index: Int) throws(CallError) { _ = try exchange("VIDIOC_QBUF", cv4l2_QBUF, index) }

  /// A filled buffer, to be given back with `enqueue`; `nil` where none is ready.
  package func dequeue() throws(CallError) -> FilledBuffer? {
    do {
      let (raw, plane) = try exchange("VIDIOC_DQBUF", cv4l2_DQBUF, 0)
      return FilledBuffer(raw, plane: isMultiPlanar ? plane : nil)
    } catch {
      if error.code == EAGAIN { return nil }
      throw error
    }
  }

  /// One request on a buffer; its plane is the driver's where there are planes, and else empty.
  private func exchange(_ call: String, _ code: UInt, _ index: Int) throws(CallError) -> (v4l2_buffer, v4l2_plane) {
    var raw = v4l2_buffer()
    raw.index = UInt32(index)
    raw.type = bufferType
    raw.memory = V4L2_MEMORY_MMAP.rawValue
    var plane = v4l2_plane()
    guard isMultiPlanar else {
      try request(call, code, &raw)
      return (raw, plane)
    }
    raw.length = 1
    try withUnsafeMutablePointer(to: &plane) { (plane) throws(CallError) in
      raw.m.planes = plane
      try request(call, code, &raw)
      raw.m.planes = nil
    }
    return (raw, plane)
  }

  // MARK: Streaming

  package func startStream() throws(CallError) {
    var type = bufferType
    try request("VIDIOC_STREAMON", cv4l2_STREAMON, &type)
  }

  package func stopStream() throws(CallError) {
    var type = bufferType
    try request("VIDIOC_STREAMOFF", cv4l2_STREAMOFF, &type)
  }
}

/// A buffer that the driver has filled.
package struct FilledBuffer: Sendable, Hashable {
  package var index: Int
  /// Where the frame begins in the buffer, and its length.
  package var byteOffset: Int
  package var byteCount: Int
  /// The driver's number of the frame.
  package var sequence: Int
  /// The driver says that the data may be corrupt.
  package var isFlagged: Bool
  /// `nil` unless it is on the monotonic clock.
  package var timestamp: Nanoseconds?

  /// - Parameter plane: of a multi-planar node; the bytes used there count the offset in.
  init(_ raw: v4l2_buffer, plane: v4l2_plane?) {
    index = Int(raw.index)
    byteOffset = plane.map { Int($0.data_offset) } ?? 0
    byteCount = max(0, Int(plane?.bytesused ?? raw.bytesused) - byteOffset)
    sequence = Int(raw.sequence)
    isFlagged = raw.flags & UInt32(V4L2_BUF_FLAG_ERROR) != 0
    if raw.flags & UInt32(V4L2_BUF_FLAG_TIMESTAMP_MASK) == UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) {
      timestamp =
        Nanoseconds(Int64(raw.timestamp.tv_sec).multipliedSaturating(by: 1_000_000_000))
        + Nanoseconds(Int64(raw.timestamp.tv_usec).multipliedSaturating(by: 1000))
    }
  }
}
