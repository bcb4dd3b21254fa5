import Frames
import Glibc
import MobileNet
import Model
import Platform
import Telemetry

/// What logging every layer of every run costs: the same work with a log and without, in turns, so that a drift of the
/// machine's speed hits both alike.
struct LoggingOverhead: Encodable {
  let format: String
  /// Of the throughput, in percent: the median over the pairs, and the middle half of them.
  let percent: Double
  let lowerQuartilePercent: Double
  let upperQuartilePercent: Double
  let pairs: Int
  let rows: Int
  /// The same by processor time of the network's first thread, which other programs disturb less; in percent.
  let threadPercent: Double
  /// What handing a record over takes of that thread (median), and the mean of what the log's own thread takes for a row,
  /// beside the network or in its way.
  let appendUs: Double
  let writerUs: Double
  /// Median time of a run without a log.
  let runUs: Double

  private static let blockTime = Nanoseconds(milliseconds: 200)
  /// Longer than rows wait for the writer: its work on one block does not fall into the next.
  private static let pauseTime = Nanoseconds(milliseconds: 130)

  /// - Throws: `UserError` if there is no room for a log in the folder for temporary files.
  static func measure(_ network: any RunnableNetwork, format: LogFormat, pairs: Int = 20) throws -> LoggingOverhead {
    let folder = PathText.variable("TMPDIR") ?? "/tmp"
    let header = RunHeader(
      startingNow: Mobilecam.version, network: NetworkFacts(layers: network.architecture.layers.map { LayerFacts($0) }))
    let log = try LogWriter.open(
      path: "\(folder)/mobilecam-overhead-\(getpid())\(format.pathExtension)", format: format, header: header)
    let path = log.path
    defer {
      log.close()
      for file in [path] + LogFormat.companions(of: path, format) { File.remove(file) }
    }
    var record = FrameRecord()
    var ratios: [Double] = []
    var threadRatios: [Double] = []
    var plain = Samples()
    var logged = Samples()
    for pair in 0..<pairs {
      var times = [(wall: 0.0, thread: 0.0), (wall: 0.0, thread: 0.0)]
      for isLogged in pair % 2 == 0 ? [false, true] : [true, false] {
        var pause = Samples()
        _ = run(network, &record, for: pauseTime, log: nil, &pause)
        times[isLogged ? 1 : 0] =
          isLogged
          ? run(network, &record, for: blockTime, log: log, &logged)
          : run(network, &record, for: blockTime, log: nil, &plain)
      }
      ratios.append(times[1].wall / times[0].wall - 1)
      threadRatios.append(times[1].thread / times[0].thread - 1)
    }
    ratios.sort()
    threadRatios.sort()
    let rows = log.rowsWritten
    let writer = log.processorNanoseconds ?? 0
    func percent(_ ratio: Double) -> Double { (ratio * 10_000).rounded() / 100 }
    func us(_ nanoseconds: Double) -> Double { (nanoseconds / 10).rounded() / 100 }
    return LoggingOverhead(
      format: format.rawValue, percent: percent(ratios.percentile(50)),
      lowerQuartilePercent: percent(ratios.percentile(25)),
      upperQuartilePercent: percent(ratios.percentile(75)), pairs: pairs, rows: rows,
      threadPercent: percent(threadRatios.percentile(50)), appendUs: us(Double(logged.appends.sorted().percentile(50))),
      writerUs: us(Double(writer) / Double(max(1, rows))), runUs: us(Double(plain.runs.sorted().percentile(50))))
  }

  private struct Samples {
    var runs: [Int64] = []
    var appends: [Int64] = []
  }

  /// Nanoseconds a run, by the clock and by the thread's processor time.
  private static func run(
    _ network: any RunnableNetwork, _ record: inout FrameRecord, for time: Nanoseconds, log: LogWriter?,
    _ samples: inout Samples
  ) -> (wall: Double, thread: Double) {
    let began = Nanoseconds.now()
    let threadBegan = Nanoseconds.of(CLOCK_THREAD_CPUTIME_ID)
    var count = 0
    var now = began
    repeat {
      network.run()
      // The record is made in any case: the screen shows it.
      fill(&record, network, at: now)
      let ready = Nanoseconds.now()
      log?.append(record)
      count += 1
      now = .now()
      samples.runs.append(network.total.count)
      samples.appends.append((now - ready).count)
    } while now - began < time
    return (
      Double((now - began).count) / Double(count),
      Double((Nanoseconds.of(CLOCK_THREAD_CPUTIME_ID) - threadBegan).count) / Double(count)
    )
  }

  private static func fill(_ record: inout FrameRecord, _ network: any RunnableNetwork, at now: Nanoseconds) {
    record.sequence += 1
    record.captured = now
    record.captureClock = .schedule
    record.captureWait = .zero
    record.queueAge = .zero
    record.preprocess = .zero
    record.network = network.total
    record.render = .zero
    record.glassToLabel = network.total
    record.configuration = network.configuration
    record.isa = network.kernelsName
    record.layerTimes.removeAll(keepingCapacity: true)
    record.layerTimes.append(contentsOf: network.layerTimes)
    record.unaccounted = network.unaccounted
    if record.top.isEmpty {
      record.top = (0..<FrameRecord.topCount).map {
        Prediction(classIndex: $0, label: "black-and-tan coonhound", probability: 0.123_456_78)
      }
    }
  }
}
