import CCurl
import HTTP
import Platform

/// One HTTP request whose body goes to the end of a file.
final class Transfer {
  /// How a request ended.
  struct Outcome {
    let code: CURLcode
    /// HTTP status of the last answer; 0 if there was none.
    let status: Int
    let isConnected: Bool
    /// Of the whole file; `nil` if the server did not say.
    let totalBytes: Int?
    /// Why writing failed, or why we refused the answer.
    let failure: (any Error)?
    /// The server answered a request for the rest with a part that starts elsewhere.
    let isMisplaced: Bool
    /// libcurl's words for `code`.
    let reason: String

    var isDone: Bool { code == CURLE_OK }
  }

  private let curl: LibCurl
  private let file: OutputFile
  private let limits: Limits
  private let progress: (Int, Int?) -> Void
  private let handle: LibCurl.Handle
  /// Where the answer starts in the file.
  private var offset: Int
  private var received = 0
  /// Start of the part that the server says it sends.
  private var partStart: Int?
  private var failure: (any Error)?
  private var isMisplaced = false

  /// - Parameters:
  ///   - offset: bytes that the file has already; the request asks for the rest.
  ///   - progress: bytes of the file so far, and all of them where known.
  init(file: OutputFile, offset: Int, limits: Limits, progress: @escaping (Int, Int?) -> Void) throws {
    self.file = file
    self.offset = offset
    self.limits = limits
    self.progress = progress
    do throws(UserError) {
      curl = try LibCurl.loaded()
    } catch {
      throw UserError("\(error) Or download the archive by other means and give its folder: --from FOLDER")
    }
    handle = try curl.makeHandle()
  }

  deinit { curl.destroy(handle) }

  func run(_ address: String) -> Outcome {
    configure(address)
    let code = curl.run(handle)
    return Outcome(
      code: code, status: curl.number(handle, CURLINFO_RESPONSE_CODE),
      isConnected: curl.offset(handle, CURLINFO_PRETRANSFER_TIME_T) > 0, totalBytes: received > 0 ? totalBytes : nil,
      failure: failure, isMisplaced: isMisplaced, reason: curl.reason(code))
  }

  private func configure(_ address: String) {
    func set(_ option: CURLoption, _ value: Int) { curl.set(handle, option, value) }
    curl.prepare(handle, address: address, connectSeconds: limits.connectSeconds)
    set(CURLOPT_LOW_SPEED_LIMIT, limits.stalledBytesPerSecond)
    set(CURLOPT_LOW_SPEED_TIME, limits.stalledSeconds)
    if offset > 0 { curl.set(handle, CURLOPT_RANGE, "\(offset)-") }
    curl.set(
      handle, function: CURLOPT_HEADERFUNCTION, context: CURLOPT_HEADERDATA,
      { bytes, size, count, context in
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue().takeHeader(line)
        return size * count
      }, self)
    curl.set(
      handle, function: CURLOPT_WRITEFUNCTION, context: CURLOPT_WRITEDATA,
      { bytes, size, count, context in
        let body = UnsafeRawBufferPointer(start: bytes, count: size * count)
        // Any other count than that of the bytes ends the transfer.
        return Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue().takeBody(body) ? size * count : 0
      }, self)
  }

  /// `Content-Range: bytes 100-999/1000`; each answer on the way (redirects) starts afresh.
  private func takeHeader(_ line: UnsafeRawBufferPointer) {
    let text = String(decoding: line, as: UTF8.self).lowercased()
    if text.hasPrefix("http/") { partStart = nil }
    guard text.hasPrefix("content-range:") else { return }
    partStart = text.split(separator: " ").first { $0.contains("-") && $0.first?.isNumber == true }
      .flatMap { Int($0.prefix { $0 != "-" }) }
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    do {
      if received == 0 { try start() }
      guard !isMisplaced else { return false }
      guard offset + received + bytes.count <= limits.archiveBytes else {
        // Nothing to go on from.
        try file.empty()
        throw tooLarge
      }
      try file.append(bytes)
      received += bytes.count
      progress(offset + received, totalBytes)
      return true
    } catch {
      failure = error
      return false
    }
  }

  /// A server that does not know Range sends the file from its start.
  private func start() throws {
    let sendsRest = offset > 0 && curl.number(handle, CURLINFO_RESPONSE_CODE) == 206
    isMisplaced = sendsRest && partStart != offset
    guard !isMisplaced else { return }
    let isBegunAnew = offset > 0 && !sendsRest
    if isBegunAnew { offset = 0 }
    // What is too much by the server's own word is not waited for; what was kept stays.
    guard totalBytes ?? 0 <= limits.archiveBytes else { throw tooLarge }
    if isBegunAnew { try file.empty() }
  }

  private var tooLarge: UserError {
    UserError(
      "the server sends more than \(limits.archiveBytes) bytes, which no archive of these weights takes. "
        + "Nothing was installed. Check the address after --from.")
  }

  /// As the server says: any number.
  private var totalBytes: Int? {
    let rest = curl.offset(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
    return rest > 0 ? offset.addingSaturating(rest) : nil
  }
}
