import Model

/// A record as one line of JSON for standard output (`mobilecam live --headless`): the fields of a JSON Lines log, with
/// the words of the command line (`resolution`).
public final class ResultLine {
  private let line = LineBuffer()
  private static let fields = FrameRecord.fields.map { $0.name == "resolution_px" ? $0.renamed("resolution") : $0 }

  public init() {}

  /// One object with its `\n`, valid until the next call.
  /// - Parameters:
  ///   - isTrained: whether the network's weights are; without, the record is good for latency only.
  ///   - widenedFrom: the α whose weights were widened for the network.
  public func bytes(
    of record: borrowing FrameRecord, isTrained: Bool = true, widenedFrom: Alpha? = nil
  ) -> UnsafeRawBufferPointer {
    line.removeAll()
    line.append("{\"type\":\"frame\",\"trained\":")
    line.append(isTrained ? "true" : "false")
    line.append(",\"widened_from\":")
    line.append(text: widenedFrom.map { "\($0.rawValue)" } ?? "null")
    LogField.append(Self.fields, of: record, to: line)
    line.append("}\n")
    return line.bytes
  }

  /// The same of a rule that fired.
  public func bytes(of event: ActionEvent) -> UnsafeRawBufferPointer {
    line.removeAll()
    event.append(to: line)
    line.append("\n")
    return line.bytes
  }
}
