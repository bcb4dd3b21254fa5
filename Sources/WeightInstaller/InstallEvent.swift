/// What an installation does, as it does it.
public enum InstallEvent: Sendable, Hashable {
  /// The file is there and has the hash that it was installed with.
  case alreadyInstalled(path: String)
  case downloading(address: String, resumedAtBytes: Int)
  /// Bytes of the archive so far, and all of them where known. Many of these come in a second.
  case received(bytes: Int, totalBytes: Int?)
  /// Reads an archive that lies in a folder.
  case reading(path: String)
  /// An earlier download turned out to be of another archive: it is thrown away and everything is downloaded.
  case startingAfresh
  case installed(path: String)
}
