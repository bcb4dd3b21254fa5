import CV4L2
import Frames
import Glibc

/// An open video node: typed requests over `V4L2Calls`. Belongs to one thread at a time.
package final class V4L2Device {
  package let path: String
  package let descriptor: Int32
  let calls: V4L2Calls
  private var isOpen = true
  /// Its buffers have planes of their own (`V4L2_CAP_VIDEO_CAPTURE_MPLANE`); known once it was asked for its capability.
  private(set) var isMultiPlanar = false

  /// - Parameter isLook: only to ask what it is.
  package init(path: String, calls: V4L2Calls, isLook: Bool = false) throws(CallError) {
    let answer = isLook ? calls.look(path) : calls.open(path)
    guard answer.error == 0 else { throw CallError(call: "open", code: answer.error) }
    self.path = path
    self.calls = calls
    descriptor = Int32(answer.value)
  }

  deinit { close() }

  package func close() {
    if isOpen { _ = calls.close(descriptor) }
    isOpen = false
  }

  /// One ioctl, tried again while a signal interrupts it.
  func request<T>(_ call: String, _ code: UInt, _ argument: inout T) throws(CallError) {
    while true {
      let answer = withUnsafeMutablePointer(to: &argument) {
        calls.ioctl(descriptor, code, UnsafeMutableRawPointer($0))
      }
      if answer.error == 0 { return }
      if answer.error != EINTR { throw CallError(call: call, code: answer.error) }
    }
  }

  /// Like `request`, but `nil` where the driver has no more items, or none of the kind.
  func item<T>(_ call: String, _ code: UInt, _ argument: inout T) throws(CallError) -> T? {
    do {
      try request(call, code, &argument)
      return argument
    } catch {
      if error.code == EINVAL || error.code == ENOTTY { return nil }
      throw error
    }
  }

  // MARK: What it is

  package struct Capability: Sendable, Hashable {
    package var driver: String
    package var card: String
    package var bus: String
    /// What this node can do, not what the whole device can.
    package var flags: UInt32

    package var capturesVideo: Bool { flags & UInt32(V4L2_CAP_VIDEO_CAPTURE) != 0 }
    package var capturesMultiPlanar: Bool {
      flags & UInt32(V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_VIDEO_M2M_MPLANE) == UInt32(V4L2_CAP_VIDEO_CAPTURE_MPLANE)
    }
    package var streams: Bool { flags & UInt32(V4L2_CAP_STREAMING) != 0 }
  }

  package func capability() throws(CallError) -> Capability {
    var raw = v4l2_capability()
    try request("VIDIOC_QUERYCAP", cv4l2_QUERYCAP, &raw)
    // `capabilities` speaks for every node of the device: a camera's metadata node would pass for a camera.
    let flags = raw.capabilities & UInt32(V4L2_CAP_DEVICE_CAPS) != 0 ? raw.device_caps : raw.capabilities
    let found = Capability(
      driver: text(of: raw.driver), card: text(of: raw.card), bus: text(of: raw.bus_info), flags: flags)
    isMultiPlanar = found.capturesMultiPlanar && !found.capturesVideo
    return found
  }

  // MARK: What it offers

  package func formats() throws(CallError) -> [CameraFormat] {
    var formats: [CameraFormat] = []
    for index in 0..<256 {
      var raw = v4l2_fmtdesc()
      raw.index = UInt32(index)
      raw.type = bufferType
      guard let found = try item("VIDIOC_ENUM_FMT", cv4l2_ENUM_FMT, &raw) else { break }
      let fourCC = FourCC(found.pixelformat)
      formats.append(
        CameraFormat(
          fourCC: fourCC, description: text(of: found.description), sizes: try sizes(of: fourCC)))
    }
    return formats
  }

  private func sizes(of fourCC: FourCC) throws(CallError) -> [CameraSize] {
    var sizes: [CameraSize] = []
    for index in 0..<256 {
      var raw = v4l2_frmsizeenum()
      raw.index = UInt32(index)
      raw.pixel_format = fourCC.code
      guard let found = try item("VIDIOC_ENUM_FRAMESIZES", cv4l2_ENUM_FRAMESIZES, &raw) else { break }
      guard found.type == V4L2_FRMSIZE_TYPE_DISCRETE.rawValue else {
        for (width, height) in CameraSize.usual(within: found.stepwise) {
          sizes.append(try size(width, height, fourCC))
        }
        break
      }
      sizes.append(try size(Int(found.discrete.width), Int(found.discrete.height), fourCC))
    }
    return sizes
  }

  private func size(_ width: Int, _ height: Int, _ fourCC: FourCC) throws(CallError) -> CameraSize {
    var rates: [Double] = []
    for index in 0..<128 {
      var raw = v4l2_frmivalenum()
      raw.index = UInt32(index)
      raw.pixel_format = fourCC.code
      raw.width = UInt32(width)
      raw.height = UInt32(height)
      guard let found = try item("VIDIOC_ENUM_FRAMEINTERVALS", cv4l2_ENUM_FRAMEINTERVALS, &raw) else { break }
      if found.type == V4L2_FRMIVAL_TYPE_DISCRETE.rawValue {
        if let rate = found.discrete.rate { rates.append(rate) }
      } else {
        // The longest and the shortest interval that the driver accepts; it rounds anything between.
        rates += [found.stepwise.min.rate, found.stepwise.max.rate].compactMap { $0 }
        break
      }
    }
    return CameraSize(width: width, height: height, rates: rates.sorted(by: >))
  }
}

extension v4l2_fract {
  /// Frames a second of an interval in seconds.
  var rate: Double? { numerator == 0 || denominator == 0 ? nil : Double(denominator) / Double(numerator) }
}

/// The text in a C array of characters, up to its first zero.
func text<T>(of characters: T) -> String {
  withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
