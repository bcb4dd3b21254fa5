import CCurl
import Platform

/// Requests of one address whose answers come for as long as both sides like, one request after the other over the same
/// connection where the server keeps it. Belongs to one thread.
package final class HTTPStream {
  /// Why an answer did not come, or not to its end.
  package enum Fault: Error, Sendable, Hashable {
    /// The server answered with this status, 400 or more.
    case status(Int)
    case redirections
    /// More bytes of header than any server sends.
    case endlessHeader
    /// Words of libcurl: the host is not found, the server does not answer, it is not to be trusted …
    case unreachable(String)
    case untrusted(String)
    /// The connection ended before the answer did.
    case cut
  }

  private static let longestHeader = 64 << 10

  private let address: HTTPAddress
  private let curl: LibCurl
  private let handle: LibCurl.Handle
  private let group: LibCurl.Handle
  private var headerBytes = 0
  private var take: (UnsafeRawBufferPointer) throws -> Void = { _ in }
  private var failure: (any Error)?
  /// Of the newest answer: the media type with its parameters, in small letters; empty where the server did not say.
  package private(set) var contentType = ""

  /// - Throws: `UserError` if this machine has no libcurl.
  package init(_ address: HTTPAddress, connectSeconds: Int) throws(UserError) {
    self.address = address
    curl = try LibCurl.loaded()
    handle = try curl.makeHandle()
    group = try curl.makeGroup()
    curl.prepare(handle, address: address.url, connectSeconds: connectSeconds)
    // A name that is still being looked up when the program ends is not waited for.
    curl.set(handle, ccurl_quick_exit, 1)
    if let user = address.user {
      // Sent to this host only, wherever it redirects to.
      curl.set(handle, CURLOPT_USERNAME, user)
      curl.set(handle, CURLOPT_PASSWORD, address.password ?? "")
      curl.set(handle, CURLOPT_HTTPAUTH, ccurl_basic_and_digest)
    }
    curl.set(
      handle, function: CURLOPT_HEADERFUNCTION, context: CURLOPT_HEADERDATA,
      { bytes, size, count, context in
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return Unmanaged<HTTPStream>.fromOpaque(context!).takeUnretainedValue().takeHeader(line) ? size * count : 0
      }, self)
    curl.set(
      handle, function: CURLOPT_WRITEFUNCTION, context: CURLOPT_WRITEDATA,
      { bytes, size, count, context in
        let body = UnsafeRawBufferPointer(start: bytes, count: size * count)
        // Any other count than that of the bytes ends the transfer.
        return Unmanaged<HTTPStream>.fromOpaque(context!).takeUnretainedValue().takeBody(body) ? size * count : 0
      }, self)
  }

  deinit {
    curl.destroy(handle)
    curl.destroy(group: group)
  }

  /// One request, to the end of its answer.
  /// - Parameters:
  ///   - check: called at least every 50 ms; what it throws ends the request.
  ///   - body: takes the answer's body as it comes; what it throws ends the request. It is let go of at the request's end.
  /// - Throws: `Fault`, and what those two throw.
  package func get(check: () throws -> Void, body: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
    failure = nil
    headerBytes = 0
    contentType = ""
    // Not by `withoutActuallyEscaping`: its check has this file's whole path in it, and the package would not be the same when
    // it is built in another folder.
    take = body
    defer { take = { _ in } }
    let code = try curl.run(handle, in: group, check: check)
    if let failure { throw failure }
    switch code {
    case CURLE_OK: return
    case CURLE_HTTP_RETURNED_ERROR: throw Fault.status(curl.number(handle, CURLINFO_RESPONSE_CODE))
    case CURLE_TOO_MANY_REDIRECTS: throw Fault.redirections
    case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SEND_ERROR:
      throw Fault.cut
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE:
      throw Fault.untrusted(curl.reason(code))
    default: throw Fault.unreachable(curl.reason(code))
    }
  }

  /// Each answer on the way (redirects, a password that is asked for) starts afresh.
  private func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    headerBytes += line.count
    guard headerBytes <= Self.longestHeader else {
      failure = Fault.endlessHeader
      return false
    }
    let text = String(decoding: line, as: UTF8.self).lowercased()
    if text.hasPrefix("http/") { contentType = "" }
    if let colon = text.firstIndex(of: ":"), text[..<colon] == "content-type" {
      contentType = String(text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }.prefix { !$0.isNewline })
    }
    return true
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    do {
      try take(bytes)
      return true
    } catch {
      failure = error
      return false
    }
  }
}
