import HTTP
import TestSupport
import Testing

@Suite struct HTTPAddressTests {
  struct Case: Sendable {
    var text: String
    var url: String
    var user: String?
    var password: String?
    var name: String
  }

  static let cases = [
    Case(text: "http://h:8080/stream", url: "http://h:8080/stream", name: "http://h:8080/stream"),
    Case(text: "HTTPS://Cam.local", url: "https://Cam.local/", name: "HTTPS://Cam.local"),
    Case(text: "http://h/?action=stream#x", url: "http://h/?action=stream", name: "http://h/?…"),
    Case(text: "http://h?a=b", url: "http://h?a=b", name: "http://h?…"),
    Case(text: "http://[::1]:81/a", url: "http://[::1]:81/a", name: "http://[::1]:81/a"),
    Case(
      text: "http://me:se%40c%3Aret@h/a", url: "http://h/a", user: "me", password: "se@c:ret", name: "http://h/a"),
    Case(text: "http://me:a:b@h/a", url: "http://h/a", user: "me", password: "a:b", name: "http://h/a"),
    Case(text: "http://m@e:p@ss@h/a", url: "http://h/a", user: "m@e", password: "p@ss", name: "http://h/a"),
    Case(text: "http://me@h", url: "http://h/", user: "me", password: "", name: "http://h"),
    Case(text: "http://:p@h", url: "http://h/", user: "", password: "p", name: "http://h"),
    Case(text: "http://h/snap?user=u&pwd=secret", url: "http://h/snap?user=u&pwd=secret", name: "http://h/snap?…"),
    Case(text: "http://é:ü%C3%A9@h/ö", url: "http://h/ö", user: "é", password: "üé", name: "http://h/ö"),
  ]

  @Test(arguments: cases)
  func parts(_ sample: Case) throws {
    let address = try HTTPAddress(sample.text)
    #expect(address.url == sample.url)
    #expect(address.user == sample.user && address.password == sample.password)
    #expect(address.name == sample.name && HTTPAddress.name(of: sample.text) == sample.name)
    #expect(HTTPAddress.isAddress(sample.text))
  }

  /// Refused in words, in which no part of a password stands.
  @Test(arguments: [
    "http://", "http:///stream", "http://h:/x", "http://h:99999/x", "http://h:port/x", "http://:80/",
    "http://u:secret@/x",
    "http://u:sec/ret@h/x", "http://u:sec?ret@h/x", "http://u:sec#ret@h/x", "http://u:secret%@h/x",
    "http://u:secret%zz@h/x", "http://u:secret%0A@h/x", "http://u:secret%00@h/x", "http://u:secret@h/a b",
    "http://u:secret@h/a\nb", "http://u:secret@h/" + String(repeating: "a", count: 5000),
  ])
  func refused(_ text: String) throws {
    let message = try #require(thrownMessage { _ = try HTTPAddress(text) })
    #expect(message.contains(": expected "), "\(message)")
    for part in ["secret", "sec", "ret@"] { #expect(!message.contains(part), "\(message)") }
  }

  @Test func others() {
    for text in ["", "h", "/dev/video0", "ftp://h", "rtsp://u:p@h", "http:/h", "httpx://h", "http", "-"] {
      #expect(!HTTPAddress.isAddress(text))
      #expect(thrownMessage { _ = try HTTPAddress(text) } != nil)
    }
    #expect(HTTPAddress.name(of: "rtsp://u:p@h/x") == "rtsp://h/x")
  }
}
