import Glibc
import Platform
import Platform
import Telemetry
import TestSupport
import Testing

/// Without sampling, so that rows depend on nothing but the records.
func quietOptions() -> LogWriter.Options {
  var options = LogWriter.Options()
  options.sampler = nil
  return options
}

@Suite struct LogWriterTests {
  @Test func csvRowHasWhatWasMeasured() throws {
    let folder = TemporaryFolder()
    let log = try LogWriter.open(
      path: folder.file("a.csv"), format: .csv, header: header(layers: ["conv1", "fc"]), options: quietOptions())
    var record = fullRecord()
    record.layerTimes = [88_123, 2_000]
    record.unaccounted = 1_601_111
    #expect(log.append(record))
    #expect(log.close() == .logging)
    #expect(log.state == .closed)
    #expect(log.rowsWritten == 1)
    #expect(
      text(folder.file("a.csv")) == """
        schema,run_id,sequence,captured_us,capture_clock,capture_wait_us,decode_us,queue_age_us,preprocess_us,network_us,\
        render_us,glass_to_label_us,driver_drops,ring_drops,bad_frames,log_lost,alpha,resolution_px,precision,threads,isa,\
        warm_up,switch,cpu_mhz,cpu_temperature_c,unaccounted_us,crop_x,crop_y,crop_side,workers,top1_class,top1_label,\
        top1_probability,top2_class,top2_label,top2_probability,top3_class,top3_label,top3_probability,top4_class,top4_label,top4_probability,\
        top5_class,top5_label,top5_probability,conv1_us,fc_us\r
        1,run-id,1,5033333.333,driver,1000.001,2500.500,300.007,410.000,1691.234,900.000,7500.123,0,12,3,0,0.50,160,fp32,\
        2,avx2,false,false,1800.000,61.250,1601.111,110,30,420,1,967,espresso,0.87500000,968,cup,0.06250000,,,,,,,,,,88.123,2.000\r

        """)
    #expect(folder.names == ["a.csv", "a.run.json"])
  }

  @Test func unknownIsEmpty() throws {
    let folder = TemporaryFolder()
    let log = try LogWriter.open(
      path: folder.file("a.csv"), format: .csv, header: header(layers: ["fc"]), options: quietOptions())
    log.append(FrameRecord())
    log.close()
    let row = text(folder.file("a.csv")).split(separator: "\r\n")[1]
    #expect(row == "1,run-id,0,0.000,,,,,,,,,,,,0,1.00,224,fp32,1,,false,false,,,,,,,,,,,,,,,,,,,,,,,")
  }

  @Test(arguments: LogFormat.allCases) func neverOverwrites(format: LogFormat) throws {
    let folder = TemporaryFolder()
    let path = folder.file("run" + format.pathExtension)
    write("mine", to: path)
    var paths: [String] = []
    for _ in 1...3 {
      let log = try LogWriter.open(path: path, format: format, header: header(), options: quietOptions())
      paths.append(log.path)
      log.close()
    }
    #expect(paths == (1...3).map { folder.file("run-\($0)" + format.pathExtension) })
    #expect(text(path) == "mine")
  }

  @Test func sidecarOfAnotherRunIsNotOverwritten() throws {
    let folder = TemporaryFolder()
    write("mine", to: folder.file("run.run.json"))
    let log = try LogWriter.open(path: folder.file("run.csv"), format: .csv, header: header(), options: quietOptions())
    log.close()
    #expect(folder.names == ["run-1.csv", "run-1.run.json", "run.run.json"])
    #expect(text(folder.file("run.run.json")) == "mine")
  }

  @Test func pathsThatCannotBeWritten() {
    let folder = TemporaryFolder()
    func message(_ path: String) -> String? {
      do throws(UserError) {
        try LogWriter.open(path: path, format: .csv, header: header(), options: quietOptions()).close()
        return nil
      } catch {
        return error.message
      }
    }
    #expect(
      message(folder.file("no/run.csv"))
        == "expected to create the log '\(folder.file("no/run.csv"))', found: No such file or directory; "
        + "make the folder '\(folder.file("no"))' first, or choose another name")
    #expect(
      message(folder.path)
        == "expected a file's name for the log, found the directory '\(folder.path)': add a name such as run.csv")
    mkfifo(folder.file("pipe.csv"), 0o600)
    #expect(
      message(folder.file("pipe.csv"))
        == "expected a plain file for the log, found a pipe at '\(folder.file("pipe.csv"))': "
        + "choose another name")
    #expect(
      message("/dev/full")
        == "expected to begin the log, found: the disk of the log is full ('/dev/full'); "
        + "free some space or choose another place")
    #expect(folder.names == ["pipe.csv"])
  }

  @Test func formatFromTheName() throws {
    #expect(LogFormat(path: "a.csv") == .csv)
    #expect(LogFormat(path: "a.jsonl") == .jsonLines)
    #expect(LogFormat(path: "a.trace.json") == .trace)
    #expect(LogFormat(path: "a.json") == nil)
    #expect(try LogFormat.choose(path: "a", named: .jsonLines) == .jsonLines)
    do throws(UserError) {
      _ = try LogFormat.choose(path: "a.txt")
      Issue.record("a name that says no format was taken")
    } catch {
      #expect(
        error.message
          == "expected a log's name to end in .csv, .jsonl or .trace.json, found 'a.txt': "
          + "rename it, or say the format (csv, jsonl or trace) with --log-format")
    }
  }

  /// Nobody has to close a log, or to add to it, for its rows to be on the disk; nor is what the writer waits for longer than a
  /// second.
  @Test func onDiskWithinASecond() throws {
    let folder = TemporaryFolder()
    let log = try LogWriter.open(path: folder.file("a.csv"), format: .csv, header: header(), options: quietOptions())
    defer { log.close() }
    log.append(fullRecord())
    #expect(eventually { text(folder.file("a.csv")).split(separator: "\r\n").count == 2 })
    #expect(LogWriter.wakePeriod < Nanoseconds(seconds: 1))
  }

  @Test func removedFileStopsTheLogInWords() throws {
    let folder = TemporaryFolder()
    let path = folder.file("a.jsonl")
    let log = try LogWriter.open(path: path, format: .jsonLines, header: header(), options: quietOptions())
    log.append(fullRecord())
    unlink(path)
    #expect(eventually { log.state != .logging })
    #expect(log.state == .stopped("logging stopped: the log '\(path)' was removed"))
    #expect(!log.append(fullRecord()))
    #expect(log.close() == .stopped("logging stopped: the log '\(path)' was removed"))
  }

  @Test func lossIsWrittenInTheLog() throws {
    let folder = TemporaryFolder()
    var options = quietOptions()
    options.queueCapacity = 4
    let log = try LogWriter.open(path: folder.file("a.csv"), format: .csv, header: header(layers: []), options: options)
    var refused = 0
    for sequence in 1...20_000 where !log.append(fullRecord(sequence: sequence)) { refused += 1 }
    log.close()
    #expect(refused > 0)
    #expect(log.rowsLost == refused)
    #expect(log.rowsWritten == 20_000 - refused)
    let rows = text(folder.file("a.csv")).split(separator: "\r\n").dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows.count == log.rowsWritten)
    #expect(rows.last?[15] == "\(refused)")
  }
}
