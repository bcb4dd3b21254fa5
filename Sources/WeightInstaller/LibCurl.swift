import CCurl
import Glibc
import Platform

/// The system's libcurl, loaded when the first download starts.
///
/// Linked, it and the libraries that it needs, 28 beside the program's 25, would take every start of the program from 10 to
/// 18 ms of processor time and hold 6 MB more; and a machine without libcurl4, which brings Kerberos, LDAP and SSH with it,
/// could not start the program at all.
struct LibCurl: @unchecked Sendable {  // addresses of code, set once
  typealias Handle = UnsafeMutableRawPointer

  private let open: @convention(c) () -> Handle?
  private let perform: @convention(c) (Handle) -> CURLcode
  private let close: @convention(c) (Handle) -> Void
  private let message: @convention(c) (CURLcode) -> UnsafePointer<CChar>
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
    /// `T` is the function's type in curl.h.
    func symbol<T>(_ name: String) throws(UserError) -> T {
      guard let address = dlsym(library, name) else {
        throw UserError("this machine's libcurl lacks \(name). Install a newer one, or give a folder: --from FOLDER")
      }
      return unsafeBitCast(address, to: T.self)
    }
    let start: @convention(c) (Int) -> CURLcode = try symbol("curl_global_init")
    open = try symbol("curl_easy_init")
    perform = try symbol("curl_easy_perform")
    close = try symbol("curl_easy_cleanup")
    message = try symbol("curl_easy_strerror")
    setOption = try symbol("curl_easy_setopt")
    getInfo = try symbol("curl_easy_getinfo")
    guard start(ccurl_global_default) == CURLE_OK else {
      throw UserError("libcurl does not start. Give a folder with the archives instead: --from FOLDER")
    }
  }

  func reason(_ code: CURLcode) -> String { String(cString: message(code)) }

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
