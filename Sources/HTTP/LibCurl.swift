import CCurl
import Glibc
import Platform

/// The system's libcurl, loaded when the first request starts.
///
/// Linked, it and the libraries that it needs, 28 beside the program's 25, would take every start of the program from 10 to
/// 18 ms of processor time and hold 6 MB more; and a machine without libcurl4, which brings Kerberos, LDAP and SSH with it,
/// could not start the program at all.
package struct LibCurl: @unchecked Sendable {  // addresses of code
  package typealias Handle = UnsafeMutableRawPointer

  private let start: @convention(c) (Int) -> CURLcode
  private let open: @convention(c) () -> Handle?
  private let perform: @convention(c) (Handle) -> CURLcode
  private let close: @convention(c) (Handle) -> Void
  private let message: @convention(c) (CURLcode) -> UnsafePointer<CChar>
  private let setOption: UnsafeMutableRawPointer
  private let getInfo: UnsafeMutableRawPointer
  private let openGroup: @convention(c) () -> Handle?
  private let closeGroup: @convention(c) (Handle) -> CURLMcode
  private let add: @convention(c) (Handle, Handle) -> CURLMcode
  private let remove: @convention(c) (Handle, Handle) -> CURLMcode
  private let performGroup: @convention(c) (Handle, UnsafeMutablePointer<CInt>) -> CURLMcode
  private let poll:
    @convention(c) (Handle, UnsafeMutableRawPointer?, CUnsignedInt, CInt, UnsafeMutablePointer<CInt>?) -> CURLMcode
  private let nextMessage: @convention(c) (Handle, UnsafeMutablePointer<CInt>) -> UnsafeMutablePointer<CURLMsg>?

  /// - Throws: `UserError` if this machine has no libcurl.
  package static func loaded() throws(UserError) -> LibCurl { try shared.get() }

  private static let shared = Result<LibCurl, UserError> { () throws(UserError) in try LibCurl() }

  private init() throws(UserError) {
    let name = "libcurl.so.4"
    guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
      throw UserError(
        "HTTP needs the library \(name), which was not found. Install it (Debian: apt-get install libcurl4).")
    }
    func symbol<T>(_ name: String, as type: T.Type) throws(UserError) -> T {
      guard let address = dlsym(library, name) else {
        throw UserError("this machine's libcurl lacks \(name). Install a newer one.")
      }
      return unsafeBitCast(address, to: type)
    }
    start = try symbol("curl_global_init", as: (@convention(c) (Int) -> CURLcode).self)
    open = try symbol("curl_easy_init", as: (@convention(c) () -> Handle?).self)
    perform = try symbol("curl_easy_perform", as: (@convention(c) (Handle) -> CURLcode).self)
    close = try symbol("curl_easy_cleanup", as: (@convention(c) (Handle) -> Void).self)
    message = try symbol("curl_easy_strerror", as: (@convention(c) (CURLcode) -> UnsafePointer<CChar>).self)
    setOption = try symbol("curl_easy_setopt", as: UnsafeMutableRawPointer.self)
    getInfo = try symbol("curl_easy_getinfo", as: UnsafeMutableRawPointer.self)
    openGroup = try symbol("curl_multi_init", as: (@convention(c) () -> Handle?).self)
    closeGroup = try symbol("curl_multi_cleanup", as: (@convention(c) (Handle) -> CURLMcode).self)
    add = try symbol("curl_multi_add_handle", as: (@convention(c) (Handle, Handle) -> CURLMcode).self)
    remove = try symbol("curl_multi_remove_handle", as: (@convention(c) (Handle, Handle) -> CURLMcode).self)
    performGroup = try symbol(
      "curl_multi_perform", as: (@convention(c) (Handle, UnsafeMutablePointer<CInt>) -> CURLMcode).self)
    poll = try symbol(
      "curl_multi_poll",
      as: (@convention(c) (Handle, UnsafeMutableRawPointer?, CUnsignedInt, CInt, UnsafeMutablePointer<CInt>?)
        -> CURLMcode).self)
    nextMessage = try symbol(
      "curl_multi_info_read",
      as: (@convention(c) (Handle, UnsafeMutablePointer<CInt>) -> UnsafeMutablePointer<CURLMsg>?).self)
    guard start(ccurl_global_default) == CURLE_OK else {
      throw UserError("libcurl does not start. Install it again (Debian: apt-get install --reinstall libcurl4).")
    }
  }

  package func reason(_ code: CURLcode) -> String { String(cString: message(code)) }

  package func makeHandle() throws(UserError) -> Handle {
    guard let handle = open() else { throw Self.outOfMemory }
    return handle
  }

  package func destroy(_ handle: Handle) { close(handle) }

  private static let outOfMemory = UserError("libcurl is out of memory. Free some and run the same command again.")

  // MARK: Requests

  /// What every request has in common: HTTP and HTTPS only, redirects too; a page that comes with an error is no body.
  package func prepare(_ handle: Handle, address: String, connectSeconds: Int) {
    set(handle, CURLOPT_URL, address)
    set(handle, CURLOPT_USERAGENT, "mobilecam")
    set(handle, ccurl_protocols, ccurl_http_and_https)
    set(handle, ccurl_redirect_protocols, ccurl_http_and_https)
    set(handle, CURLOPT_FOLLOWLOCATION, 1)
    set(handle, CURLOPT_MAXREDIRS, 10)
    set(handle, CURLOPT_FAILONERROR, 1)
    set(handle, CURLOPT_NOSIGNAL, 1)
    set(handle, CURLOPT_CONNECTTIMEOUT, connectSeconds)
  }

  package func set(_ handle: Handle, _ option: CURLoption, _ value: Int) {
    ccurl_set_long(setOption, handle, option, value)
  }
  /// libcurl keeps a copy of the text.
  package func set(_ handle: Handle, _ option: CURLoption, _ value: String) {
    ccurl_set_string(setOption, handle, option, value)
  }

  /// A function that takes data, and what it is given with them.
  package func set(
    _ handle: Handle, function: CURLoption, context: CURLoption, _ value: @escaping ccurl_data_function,
    _ object: AnyObject
  ) {
    ccurl_set_pointer(setOption, handle, context, Unmanaged.passUnretained(object).toOpaque())
    ccurl_set_function(setOption, handle, function, value)
  }

  package func number(_ handle: Handle, _ info: CURLINFO) -> Int {
    var value = 0
    ccurl_get_long(getInfo, handle, info, &value)
    return value
  }

  package func offset(_ handle: Handle, _ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    ccurl_get_offset(getInfo, handle, info, &value)
    return Int(value)
  }

  /// Carries out a request to its end.
  package func run(_ handle: Handle) -> CURLcode { perform(handle) }

  // MARK: Requests that can be ended

  /// Keeps connections from one request to the next.
  package func makeGroup() throws(UserError) -> Handle {
    guard let group = openGroup() else { throw Self.outOfMemory }
    return group
  }

  package func destroy(group: Handle) { _ = closeGroup(group) }

  /// Carries out a request to its end, or until `check` throws, which is called at least every 50 ms.
  package func run(_ handle: Handle, in group: Handle, check: () throws -> Void) throws -> CURLcode {
    guard add(group, handle) == CURLM_OK else { return CURLE_FAILED_INIT }
    defer { _ = remove(group, handle) }
    while true {
      var count: CInt = 0
      guard performGroup(group, &count) == CURLM_OK else { return CURLE_FAILED_INIT }
      while let message = nextMessage(group, &count) {
        if message.pointee.msg == CURLMSG_DONE { return message.pointee.data.result }
      }
      try check()
      _ = poll(group, nil, 0, 50, nil)
    }
  }
}
