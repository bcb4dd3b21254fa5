import Foundation
import Glibc
import Synchronization

/// A web server for one test, on a port of this machine that the system chooses. One connection for each request.
package final class LoopbackServer: Sendable {
  package struct Request: Sendable, Hashable {
    package let path: String
    /// First byte asked for; `nil` without a Range header.
    package let rangeStart: Int?
    /// What stands behind `Authorization: `.
    package let authorization: String?
  }

  /// An answer that is written piece by piece. Methods return false when the other side has gone away.
  package struct Reply {
    fileprivate let connection: Int32

    @discardableResult package func send(_ data: some Sequence<UInt8>) -> Bool {
      LoopbackServer.send(connection, Data(data))
    }
    /// A status line and fields, and the empty line behind them.
    @discardableResult package func send(head status: String, _ fields: [String]) -> Bool {
      LoopbackServer.send(connection, LoopbackServer.head(status, fields))
    }
    /// Until the other side goes away.
    package func waitForEnd() { LoopbackServer.waitForEnd(connection) }
  }

  package enum Answer: Sendable {
    /// The file, or the rest of it that Range asks for; 416 where nothing is left.
    case file(Data)
    /// The whole file, whatever Range asks for.
    case whole(Data)
    /// As `file`, but the connection ends after so many bytes of the body.
    case cut(Data, afterBytes: Int)
    /// As `file`, but nothing comes after so many bytes of the body.
    case stall(Data, afterBytes: Int)
    /// Claims a part and sends it from the wrong place.
    case misplaced(Data)
    case status(Int)
    /// Whatever a server may say.
    case raw(status: String, fields: [String], body: Data)
    case redirect(to: String)
    /// Takes the request and never answers.
    case silence
    /// A body of zeros that never ends, without a Content-Length.
    case endless
    case script(@Sendable (Reply) -> Void)
  }

  package let port: UInt16
  private let listener: Int32
  private let isStopped = Atomic(false)
  private let seen = Mutex<[Request]>([])
  private let answer: @Sendable (Request) -> Answer

  package init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
    self.answer = answer
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard isListening else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in
      while !isStopped.load(ordering: .acquiring) {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { continue }
        Thread.detachNewThread { [self] in
          serve(connection)
          close(connection)
        }
      }
      // By whoever accepts: closed elsewhere, the number could be another test's server before this thread asks again, and that
      // one's clients would be answered here.
      close(descriptor)
    }
  }

  package var root: String { "http://127.0.0.1:\(port)" }
  package var requests: [Request] { seen.withLock { $0 } }

  /// Ends the thread that accepts; a test calls it when it is done.
  package func stop() {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func serve(_ connection: Int32) {
    guard let request = Self.receive(connection) else { return }
    seen.withLock { $0.append(request) }
    switch answer(request) {
    case .file(let data): Self.sendFile(connection, data, request, count: .max)
    case .whole(let data): Self.send(connection, Self.head("200 OK", ["Content-Length: \(data.count)"]) + data)
    case .cut(let data, let count): Self.sendFile(connection, data, request, count: count)
    case .stall(let data, let count):
      Self.sendFile(connection, data, request, count: count)
      Self.waitForEnd(connection)
    case .misplaced(let data):
      let range = "Content-Range: bytes 0-\(data.count - 1)/\(data.count)"
      Self.send(connection, Self.head("206 Partial Content", ["Content-Length: \(data.count)", range]) + data)
    case .status(let code):
      let page = Data("<html>\(code)</html>".utf8)
      Self.send(connection, Self.head("\(code) No", ["Content-Length: \(page.count)"]) + page)
    case .raw(let status, let fields, let body): Self.send(connection, Self.head(status, fields) + body)
    case .redirect(let target):
      Self.send(connection, Self.head("302 Found", ["Location: \(target)", "Content-Length: 0"]))
    case .silence: Self.waitForEnd(connection)
    case .endless:
      let zeros = Data(count: 1 << 16)
      var isOpen = Self.send(connection, Self.head("200 OK", []))
      while isOpen { isOpen = Self.send(connection, zeros) }
    case .script(let script): script(Reply(connection: connection))
    }
  }

  private static func sendFile(_ connection: Int32, _ data: Data, _ request: Request, count: Int) {
    let start = request.rangeStart ?? 0
    guard start == 0 || start < data.count else {
      send(connection, head("416 Range Not Satisfiable", ["Content-Length: 0"]))
      return
    }
    let body = data.dropFirst(start)
    var fields = ["Content-Length: \(body.count)"]
    if request.rangeStart != nil { fields.append("Content-Range: bytes \(start)-\(data.count - 1)/\(data.count)") }
    send(connection, head(request.rangeStart == nil ? "200 OK" : "206 Partial Content", fields) + body.prefix(count))
  }

  private static func head(_ status: String, _ fields: [String]) -> Data {
    Data((["HTTP/1.1 \(status)", "Connection: close"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
  }

  private static func receive(_ connection: Int32) -> Request? {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !text.contains("\r\n\r\n") {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      text += String(decoding: buffer.prefix(count), as: UTF8.self)
    }
    let lines = text.components(separatedBy: "\r\n")
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
    let authorization = lines.first { $0.lowercased().hasPrefix("authorization: ") }
    return Request(
      path: lines[0].components(separatedBy: " ")[1],
      rangeStart: range.flatMap { Int($0.dropFirst("range: bytes=".count).prefix { $0.isNumber }) },
      authorization: authorization.map { String($0.dropFirst("authorization: ".count)) })
  }

  @discardableResult
  private static func send(_ connection: Int32, _ data: Data) -> Bool {
    var rest = data
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Until the other side goes away.
  private static func waitForEnd(_ connection: Int32) {
    var byte: UInt8 = 0
    while recv(connection, &byte, 1, 0) > 0 {}
  }
}
