/// A record as one line of JSON for standard output (`mobilecam live --headless`): the fields of a JSON Lines log, with
/// the words of the command line (`resolution`).
public final class ResultLine {
  private let line = LineBuffer()
  private static let fields = FrameRecord.fields.map { $0.name == "resolution_px" ? $0.renamed("resolution") : $0 }

  public init() {}

  /// One object with its `\n`, valid until the next call.
  /// - Parameter isTrained: whether the network's weights are; without, the record is good for latency only.
  public func bytes(of record: borrowing FrameRecord, isTrained: Bool = true) -> UnsafeRawBufferPointer {
    line.removeAll()
    line.append("{\"type\":\"frame\",\"trained\":")
    line.append(isTrained ? "true" : "false")
    LogField.append(Self.fields, of: record, to: line)
    line.append("}\n")
    return line.bytes
  }
}
