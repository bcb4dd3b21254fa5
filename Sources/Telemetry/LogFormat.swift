import Platform

/// How a log is written; chosen by the file's extension where nobody says.
public enum LogFormat: String, Sendable, Hashable, CaseIterable {
  case csv
  case jsonLines = "jsonl"
  case trace

  /// What files of each format end in; the first is what ours do.
  private static let endings: [(String, LogFormat)] = [
    (".csv", .csv), (".jsonl", .jsonLines), (".ndjson", .jsonLines), (".trace.json", .trace),
  ]

  /// `nil` for a name that ends otherwise.
  public init?(path: String) {
    guard let format = Self.endings.first(where: { path.hasSuffix($0.0) })?.1 else { return nil }
    self = format
  }

  public var pathExtension: String { Self.endings.first { $0.1 == self }?.0 ?? "" }

  /// The format of a new log at `path`: `named` if given, else what its extension says.
  public static func choose(path: String, named: LogFormat? = nil) throws(UserError) -> LogFormat {
    guard let format = named ?? LogFormat(path: path) else {
      throw UserError(
        "expected a log's name to end in .csv, .jsonl or .trace.json, found '\(path)': "
          + "rename it, or say the format (csv, jsonl or trace) with --log-format")
    }
    return format
  }

  /// The names of what lies, or may come to lie, beside a log at `path`.
  public static func companions(of path: String, _ format: LogFormat) -> [String] {
    guard format.encoder.needsSidecar else { return [] }
    return [
      LogFile.sidecarPath(path, format: format), LogFile.networksPath(path, format: format),
      LogFile.eventsPath(path, format: format),
    ]
  }

  var encoder: any LogEncoder {
    switch self {
    case .csv: CSVLog()
    case .jsonLines: JSONLinesLog()
    case .trace: TraceLog()
    }
  }
}

/// Turns a run into the bytes of one file. Belongs to one thread; one instance per file.
protocol LogEncoder {
  /// What a file starts with; at least one whole line.
  mutating func appendStart(_ header: RunHeader, to line: LineBuffer)
  /// A network that the run switched to, before its first row; nothing where that has no place between rows.
  func appendNetwork(_ network: NetworkFacts, to line: LineBuffer)
  /// One row, whole, with its line end.
  mutating func appendRow(_ record: borrowing FrameRecord, to line: LineBuffer)
  /// A rule that fired; nothing where that has no place between rows.
  func appendEvent(_ event: ActionEvent, to line: LineBuffer)
  /// What a file that is whole ends with; its absence is forgiven.
  func appendEnd(to line: LineBuffer)
  /// Whether facts of the run, its networks and its events need files of their own beside the log.
  var needsSidecar: Bool { get }
}

extension LogEncoder {
  func appendEnd(to line: LineBuffer) {}
}
