import CCurl
import Glibc
import Platform

/// The system's libcurl, loaded when the first download starts. Linked, it and the thirty libraries that it needs would
/// cost every start of the program 12 MB and 10 ms.
struct LibCurl: @unchecked Sendable {  // addresses of code
  typealias Handle = UnsafeMutableRawPointer

  private let start: @convention(c) (Int) -> CURLcode
  private let open: @convention(c) () -> Handle?
  private let perform: @convention(c) (Handle) -> CURLcode
  private let close: @convention(c) (Handle) -> Void
  private let words: @convention(c) (CURLcode) -> UnsafePointer<CChar>
  private let setOption: UnsafeMutableRawPointer
  private let getInfo: UnsafeMutableRawPointer

  /// - Throws: `UserError` if this machine has no libcurl.
  static func loaded() throws -> LibCurl { try shared.get() }

  private static let shared = Result<LibCurl, UserError> { () throws(UserError) in try LibCurl() }

  private init() throws(UserError) {
    let name = "libcurl.so.4"
    guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
      throw UserError(
        "downloads need the library \(name), which was not found. Install it (Debian: apt-get install libcurl4), or "
          + "download the archive by other means and give its folder: --from FOLDER")
    }
    func symbol(_ name: String) throws(UserError) -> UnsafeMutableRawPointer {
      guard let address = dlsym(library, name) else {
        throw UserError("this machine's libcurl lacks \(name). Install a newer one, or give a folder: --from FOLDER")
      }
      return address
    }
    start = unsafeBitCast(try symbol("curl_global_init"), to: (@convention(c) (Int) -> CURLcode).self)
    open = unsafeBitCast(try symbol("curl_easy_init"), to: (@convention(c) () -> Handle?).self)
    perform = unsafeBitCast(try symbol("curl_easy_perform"), to: (@convention(c) (Handle) -> CURLcode).self)
    close = unsafeBitCast(try symbol("curl_easy_cleanup"), to: (@convention(c) (Handle) -> Void).self)
    words = unsafeBitCast(
      try symbol("curl_easy_strerror"), to: (@convention(c) (CURLcode) -> UnsafePointer<CChar>).self)
    setOption = try symbol("curl_easy_setopt")
    getInfo = try symbol("curl_easy_getinfo")
    guard start(ccurl_global_default) == CURLE_OK else {
      throw UserError("libcurl does not start. Give a folder with the archives instead: --from FOLDER")
    }
  }

  func reason(_ code: CURLcode) -> String { String(cString: words(code)) }

  func makeHandle() throws -> Handle {
    guard let handle = open() else {
      throw UserError("libcurl is out of memory. Free some and run the same command again.")
    }
    return handle
  }

  func destroy(_ handle: Handle) { close(handle) }
  func run(_ handle: Handle) -> CURLcode { perform(handle) }

  func set(_ handle: Handle, _ option: CURLoption, _ value: Int) { ccurl_set_long(setOption, handle, option, value) }
  /// libcurl keeps a copy of the text.
  func set(_ handle: Handle, _ option: CURLoption, _ value: String) {
    ccurl_set_string(setOption, handle, option, value)
  }

  /// A function that takes data, and what it is given with them.
  func set(
    _ handle: Handle, function: CURLoption, context: CURLoption, _ value: @escaping ccurl_data_function,
    _ object: AnyObject
  ) {
    ccurl_set_pointer(setOption, handle, context, Unmanaged.passUnretained(object).toOpaque())
    ccurl_set_function(setOption, handle, function, value)
  }

  func number(_ handle: Handle, _ info: CURLINFO) -> Int {
    var value = 0
    ccurl_get_long(getInfo, handle, info, &value)
    return value
  }

  func offset(_ handle: Handle, _ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    ccurl_get_offset(getInfo, handle, info, &value)
    return Int(value)
  }
}
