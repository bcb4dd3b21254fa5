import Model

/// A record as one line of JSON for standard output (`mobilecam live --headless`): the fields of a JSON Lines log, with
/// the words of the command line (`resolution`).
public final class ResultLine {
  private let line = LineBuffer()
  private static let fields = FrameRecord.fields.map { $0.name == "resolution_px" ? $0.renamed("resolution") : $0 }

  /// Those that classes of one's own leave as they are.
  private static let plainFields = fields.filter { $0.name != "top" }

  public init() {}

  /// One object with its `\n`, valid until the next call.
  /// - Parameters:
  ///   - isTrained: whether the network's weights are; without, the record is good for latency only.
  ///   - taught: what classes of one's own say, instead of the network's own.
  ///   - widenedFrom: the α whose weights were widened for the network.
  public func bytes(
    of record: borrowing FrameRecord, isTrained: Bool = true, widenedFrom: Alpha? = nil, taught: TaughtAnswer? = nil
  ) -> UnsafeRawBufferPointer {
    line.removeAll()
    line.append("{\"type\":\"frame\",\"trained\":")
    line.append(isTrained ? "true" : "false")
    line.append(",\"widened_from\":")
    line.append(text: widenedFrom.map { "\($0.rawValue)" } ?? "null")
    LogField.append(taught == nil ? Self.fields : Self.plainFields, of: record, to: line)
    if let taught { append(taught) }
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

  private func append(_ taught: TaughtAnswer) {
    line.append(",\"top\":[")
    for (index, match) in taught.top.enumerated() {
      line.append(index > 0 ? ",{\"label\":" : "{\"label\":")
      line.append(match.label, as: .json)
      line.append(",\"cosine\":")
      line.append(Int64((Double(match.cosine) * 1e6).rounded()), places: 6)
      line.append("}")
    }
    line.append("],\"none_of_these\":")
    line.append(text: taught.isNone ? "true" : "false")
  }
}
