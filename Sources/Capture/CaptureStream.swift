import Frames
import Glibc

/// An open camera that streams, from open to close. Belongs to one thread at a time.
final class CaptureStream {
  let device: V4L2Device
  let decoder: FrameDecoder
  let identity: CameraIdentity
  /// Frames a second that the driver promised; `nil` where it promises none.
  let rate: Double?
  /// What the user should know of the stream: what had to be given up to get it, or where it is not what was asked for.
  let notice: String?
  /// Whether another format could be taken instead.
  let hasOtherFormat: Bool
  private let buffers: [UnsafeMutableRawBufferPointer]

  var format: StreamFormat { decoder.format }

  private static let bufferCount = 4

  /// Opens `path`, negotiates and starts the stream.
  /// - Parameters:
  ///   - refused: formats that gave no picture; taken only where there is no other.
  ///   - maximumPixels: what a ring's slot holds.
  /// - Throws: `CallError` for what the system refused, `UserError` for what no other try would change.
  static func open(
    _ path: String, wish: StreamWish, refused: Set<FourCC> = [], maximumPixels: Int, calls: V4L2Calls
  ) throws -> CaptureStream {
    let device = try V4L2Device(path: path, calls: calls)
    let capability = try device.capability()
    guard capability.capturesVideo || capability.capturesMultiPlanar else {
      throw CameraError.doesNotCapture(path, capability.card, CameraCatalog.cameras(calls))
    }
    guard capability.streams else { throw CameraError.noStreaming(path, capability.card) }

    let formats = try device.formats()
    let names = formats.map(\.fourcc).joined(separator: ", ")
    guard !formats.isEmpty else { throw CameraError.noFormats(path, capability.card, capability.driver) }
    let all = StreamChoice.all(formats, wish: wish, maximumPixels: maximumPixels)
    let fresh = all.filter { !refused.contains($0.fourCC) }
    let choices = fresh.isEmpty ? all : fresh
    if CameraIdentity.needsSignalProcessor(driver: capability.driver, formats: formats) {
      throw CameraError.needsSignalProcessor(path, capability.driver, names)
    }
    if let wanted = wish.fourCC, !formats.contains(where: { $0.fourCC == wanted }) || wanted.decoder == nil {
      throw CameraError.formatNotOffered(path, wanted, formats.filter { $0.fourCC.decoder != nil }.map(\.fourcc))
    }
    guard !choices.isEmpty else {
      let sizes = formats.filter { $0.fourCC.decoder != nil }.flatMap(\.sizes)
      if let least = sizes.min(by: { $0.pixelCount < $1.pixelCount }) {
        throw CameraError.tooLarge(path, width: least.width, height: least.height)
      }
      if device.isMultiPlanar { throw CameraError.severalPlanes(path, capability.card, names) }
      throw CameraError.noUsableFormat(path, names)
    }
    let identity = CameraIdentity(path: path, capability: capability, calls: calls)
    return try start(device, identity, choices, wish, maximumPixels, names)
  }

  private init(
    _ device: V4L2Device, _ identity: CameraIdentity, _ decoder: FrameDecoder, rate: Double?, notice: String?,
    hasOtherFormat: Bool, _ buffers: [UnsafeMutableRawBufferPointer]
  ) {
    self.device = device
    self.identity = identity
    self.decoder = decoder
    self.rate = rate
    self.notice = notice
    self.hasOtherFormat = hasOtherFormat
    self.buffers = buffers
  }

  deinit {
    try? device.stopStream()
    for buffer in buffers { device.unmap(buffer) }
    device.close()
  }

  /// A filled buffer's bytes.
  func bytes(of filled: FilledBuffer) -> UnsafeMutableRawBufferPointer {
    guard buffers.indices.contains(filled.index) else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    let buffer = buffers[filled.index].dropFirst(filled.byteOffset)
    return UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(filled.byteCount))
  }

  // MARK: Starting

  private static func start(
    _ device: V4L2Device, _ identity: CameraIdentity, _ choices: [StreamChoice], _ wish: StreamWish,
    _ maximumPixels: Int, _ names: String
  ) throws -> CaptureStream {
    var left = choices
    var concession: String?
    var scarce: [StreamChoice] = []
    var failure: CallError?
    while !left.isEmpty {
      let choice = left.removeFirst()
      do {
        let chosen = try device.setFormat(
          choice.fourCC, width: choice.width, height: choice.height, bytesPerRow: wish.bytesPerRow)
        // The driver's word counts, not our wish: it may have chosen something that we cannot take.
        guard let format = chosen, 1...maximumPixels ~= format.pixelCount,
          let decoder = FrameDecoder(format, descriptor: device.descriptor)
        else { continue }
        let rate = try device.setRate(choice.rate)
        let buffers = try startBuffers(device)
        let notice =
          concession.map { "\($0): taking \(format) instead" }
          ?? wish.difference(width: format.width, height: format.height, rate: rate)
        return CaptureStream(
          device, identity, decoder, rate: rate, notice: notice,
          hasOtherFormat: choices.contains { $0.fourCC != choice.fourCC }, buffers)
      } catch {
        if error.code == ENOSPC {
          scarce.append(choice)
          left = StreamChoice.lighter(than: choice, among: left, wish: wish)
          concession = "the USB bus has no bandwidth for \(choice.text)"
        } else {
          // A format that the camera cannot do after all; what is wrong with the camera itself, every format would meet.
          guard error.isOfFormat else { throw error }
          failure = failure ?? error
          left.removeAll { $0.fourCC == choice.fourCC }
          concession = "\(choice.fourCC) cannot be started (\(error.message))"
        }
      }
    }
    if let failure { throw failure }
    if let first = scarce.first, let last = scarce.last {
      throw CameraError.noBandwidth(device.path, asked: first.text, least: last.text, names: wish.fourCC)
    }
    throw CameraError.noUsableFormat(device.path, names)
  }

  private static func startBuffers(_ device: V4L2Device) throws(CallError) -> [UnsafeMutableRawBufferPointer] {
    var buffers: [UnsafeMutableRawBufferPointer] = []
    do {
      let count = try device.requestBuffers(bufferCount)
      for index in 0..<count { buffers.append(try device.mapBuffer(index)) }
      for index in 0..<count { try device.enqueue(index) }
      try device.startStream()
      return buffers
    } catch {
      for buffer in buffers { device.unmap(buffer) }
      // Free the driver's buffers as well: it refuses a new format while they exist.
      _ = try? device.requestBuffers(0)
      throw error
    }
  }
}
