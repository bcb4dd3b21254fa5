import CCurl
import Platform

/// Brings one archive into its `.part` file, going on where an earlier download ended.
struct Download {
  let archive: WeightArchive
  let source: ArchiveSource
  /// Where the bytes gather.
  let part: String
  let limits: Limits
  let report: (InstallEvent) -> Void

  /// Whether an earlier download brought all of it.
  var isWhole: Bool {
    OutputFile.canContinue(part) && (try? sha256(ofFile: part, limitBytes: limits.archiveBytes)) == archive.sha256
  }

  /// - Returns: whether some of the file is from an earlier download.
  /// - Throws: `UserError`; what came so far is kept.
  func run() throws -> Bool {
    let places = source.places(of: archive)
    for (index, address) in places.enumerated() {
      var file = try OutputFile(continuing: part)
      if file.size > limits.archiveBytes { file = try OutputFile(anew: part) }
      var offset = file.size
      report(.downloading(address: address, resumedAtBytes: offset))
      var outcome = try transfer(address, file, offset)
      if outcome.isMisplaced {
        offset = 0
        outcome = try transfer(address, OutputFile(anew: part), offset)
      }
      if outcome.isDone { return offset > 0 }
      // Nothing is left to send: the earlier download was whole, which its hash will show.
      if outcome.status == 416 && offset > 0 { return true }
      let isElsewhere = outcome.status == 404 && index + 1 < places.count
      if !isElsewhere { throw problem(outcome, places[0...index]) }
    }
    return false
  }

  private func transfer(_ address: String, _ file: OutputFile, _ offset: Int) throws -> Transfer.Outcome {
    let transfer = try Transfer(file: file, offset: offset, limits: limits) {
      report(.received(bytes: $0, totalBytes: $1))
    }
    let outcome = transfer.run(address)
    // An empty file is of no use to anyone.
    if !outcome.isDone && file.size == 0 { File.remove(part) }
    return outcome
  }

  private func problem(_ outcome: Transfer.Outcome, _ tried: ArraySlice<String>) -> any Error {
    if let failure = outcome.failure { return failure }
    // One was tried, or there would be no outcome.
    let address = tried.last!
    let kept = FileSystem.size(of: part)
    let again =
      kept > 0
      ? "\(kept)\(outcome.totalBytes.map { " of \($0)" } ?? "") bytes are kept in '\(part)': run the same command again "
        + "to go on from there."
      : "Run the same command again."
    switch outcome.code {
    case CURLE_HTTP_RETURNED_ERROR where outcome.status == 404:
      return UserError(
        "no such archive: expected \(archive.archiveName) at \(tried.joined(separator: " or ")), the server answered 404. "
          + "Nothing was installed. "
          + (source == .official ? byHand : "Check the address after --from."))
    case CURLE_HTTP_RETURNED_ERROR:
      return UserError(
        "cannot download \(address): expected the archive, the server answered \(outcome.status). Nothing was "
          + "installed. \(again)")
    case CURLE_OPERATION_TIMEDOUT where outcome.isConnected:
      return UserError(
        "the download of \(address) stalled: expected at least \(limits.stalledBytesPerSecond) bytes a second, found "
          + "fewer for \(limits.stalledSeconds) s. Nothing was installed. \(again)")
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT:
      return UserError(
        "cannot reach \(address): \(outcome.reason). Nothing was installed. Check the network and run the same command "
          + "again, or do it by hand: \(byHand)")
    case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SEND_ERROR:
      return UserError("the download of \(address) was cut. Nothing was installed. \(again)")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE:
      return UserError(
        "cannot trust \(address): \(outcome.reason). Nothing was installed. Check this machine's date and its "
          + "certificates (Debian's package ca-certificates).")
    default:
      return UserError("cannot download \(address): \(outcome.reason). Nothing was installed. \(again)")
    }
  }

  /// For a machine without a network.
  private var byHand: String {
    "download \(ArchiveSource.address(of: archive)) elsewhere, put \(archive.archiveName) into a folder of this machine, "
      + "and run 'mobilecam weights install \(archive.options) --from FOLDER'."
  }
}
