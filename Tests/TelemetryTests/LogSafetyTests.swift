import Glibc
import Model
import Telemetry
import TestSupport
import Testing

@Suite struct LogSafetyTests {
  @Test(.enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs"), arguments: LogFormat.allCases)
  func fullDiskStopsTheLogInWords(format: LogFormat) throws {
    let disk = try SmallDisk()
    let path = disk.path + "/run" + format.pathExtension
    let log = try LogWriter.open(path: path, format: format, header: header(), options: quietOptions())
    var sequence = 0
    while log.state == .logging, sequence < 100_000 {
      sequence += 1
      if !log.append(fullRecord(sequence: sequence)) { usleep(1000) }
    }
    #expect(eventually { log.state != .logging })
    #expect(log.state == .stopped("logging stopped: the disk of the log is full ('\(path)')"))
    #expect(!log.append(fullRecord()))
    log.close()

    let whole = try WholeLog(path)
    #expect(whole.rows.count == log.rowsWritten)
    #expect(whole.rows.count > 100)
    #expect(whole.tornBytes == 0, "the row that did not fit was cut off again")
    #expect(whole.rows.last?.layerTimes == fullRecord().layerTimes)
  }

  /// What lies beside a log fills the disk as well as its rows do.
  @Test(.enabled(if: SmallDisk.isUsable, "skipped: no right to mount a tmpfs")) func fullDiskBesideTheLog() throws {
    let disk = try SmallDisk()
    var options = quietOptions()
    let layers = (0..<3000).map { header(layers: ["layer\($0)"]).network.layers[0] }
    options.describe = { NetworkFacts(configuration: $0, layers: layers) }
    let log = try LogWriter.open(path: disk.path + "/run.csv", format: .csv, header: header(), options: options)
    for sequence in 1...20 {
      var record = fullRecord(sequence: sequence)
      record.configuration.threads = sequence + 2
      log.append(record)
    }
    #expect(eventually { log.state != .logging })
    #expect(
      log.state == .stopped("logging stopped: the disk of the log is full ('\(disk.path)/run.networks.jsonl')"))
    log.close()
    let whole = try WholeLog(disk.path + "/run.csv")
    #expect(whole.rows.count == log.rowsWritten && whole.tornBytes == 0)
    #expect(text(disk.path + "/run.networks.jsonl").hasSuffix("}\n"))
  }

  @Test(arguments: LogFormat.allCases) func limitedSizeBeginsNewFiles(format: LogFormat) throws {
    let folder = TemporaryFolder()
    var options = quietOptions()
    options.maxBytes = 40_000
    options.keep = 3
    options.queueCapacity = 2000
    let path = folder.file("run" + format.pathExtension)
    let log = try LogWriter.open(path: path, format: format, header: header(), options: options)
    for sequence in 1...400 { #expect(log.append(fullRecord(sequence: sequence))) }
    log.close()

    let logs = folder.names.filter { !$0.hasSuffix(".run.json") }
    let numbers = logs.compactMap { Int($0.dropFirst("run.part-".count).prefix { $0.isNumber }) }.sorted()
    #expect(logs.count == 3)
    let newest = try #require(numbers.last)
    #expect(numbers == [newest - 2, newest - 1, newest])
    #expect(log.path == folder.file("run.part-\(newest)" + format.pathExtension))
    #expect(folder.names.count - logs.count == (format == .csv ? 3 : 0))
    var sequences: [Int] = []
    for number in numbers {
      let part = folder.file("run.part-\(number)" + format.pathExtension)
      #expect(contents(part).count <= 40_000)
      let whole = try WholeLog(part)
      #expect(whole.headers == [header()])
      #expect(whole.tornBytes == 0)
      sequences += whole.rows.map(\.sequence)
    }
    #expect(sequences.count > 10)
    #expect(log.fileCount == 3 && log.rowsWritten == 400 && log.rowsDeleted == 400 - sequences.count)
    #expect(sequences == Array((400 - sequences.count + 1)...400))
  }

  /// Every file says what its rows' networks are, and with the file go the facts beside it.
  @Test(arguments: LogFormat.allCases) func everyPartDescribesItsNetworks(format: LogFormat) throws {
    let folder = TemporaryFolder()
    var options = quietOptions()
    options.maxBytes = 20_000
    options.keep = 2
    options.describe = {
      NetworkFacts(configuration: $0, weightsSHA256: "\($0.alpha)", layers: header(layers: ["conv1"]).network.layers)
    }
    let log = try LogWriter.open(
      path: folder.file("run" + format.pathExtension), format: format, header: header(), options: options)
    for sequence in 0..<100 {
      var record = fullRecord(sequence: sequence)
      record.configuration.alpha = [.half, .one, .quarter, .one][sequence / 2 % 4]
      log.append(record)
    }
    log.close()
    let logs = folder.names.filter { !$0.hasSuffix(".run.json") && !$0.hasSuffix(".networks.jsonl") }
    #expect(logs.count == 2)
    #expect(folder.names.count == (format == .csv ? 6 : 2), "\(folder.names)")
    for name in logs {
      let whole = try WholeLog(folder.file(name))
      let described = whole.networks.compactMap(\.configuration) + whole.headers.compactMap(\.network.configuration)
      #expect(Set(whole.rows.map(\.configuration)).isSubset(of: described), "\(name)")
      #expect(Set(described).count == described.count, "each once: \(name)")
      for network in whole.networks { #expect(network.weightsSHA256 == "\(network.configuration!.alpha)") }
      #expect(whole.networks.first?.layers == header(layers: ["conv1"]).network.layers)
    }
  }

  @Test func rowsLargerThanTheLimitAreStillWritten() throws {
    let folder = TemporaryFolder()
    var options = quietOptions()
    options.maxBytes = 10
    options.keep = 100
    let log = try LogWriter.open(path: folder.file("run.jsonl"), format: .jsonLines, header: header(), options: options)
    for sequence in 1...3 { log.append(fullRecord(sequence: sequence)) }
    log.close()
    #expect(folder.names == ["run.jsonl", "run.part-2.jsonl", "run.part-3.jsonl"])
    #expect(try folder.names.flatMap { try WholeLog(folder.file($0)).rows.map(\.sequence) } == [1, 2, 3])
  }

  @Test func partsDoNotOverwriteEither() throws {
    let folder = TemporaryFolder()
    write("mine", to: folder.file("run.part-2.jsonl"))
    var options = quietOptions()
    options.maxBytes = 10
    let log = try LogWriter.open(path: folder.file("run.jsonl"), format: .jsonLines, header: header(), options: options)
    for sequence in 1...2 { log.append(fullRecord(sequence: sequence)) }
    log.close()
    #expect(folder.names == ["run.jsonl", "run.part-2.jsonl", "run.part-3.jsonl"])
    #expect(text(folder.file("run.part-2.jsonl")) == "mine")
  }

  @Test func manyThreadsMayAppend() async throws {
    let folder = TemporaryFolder()
    var options = quietOptions()
    options.queueCapacity = 4000
    let path = folder.file("run.csv")
    let log = try LogWriter.open(path: path, format: .csv, header: header(), options: options)
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<4 {
        group.addTask {
          for index in 0..<200 { log.append(fullRecord(sequence: thread * 200 + index)) }
        }
      }
    }
    log.close()
    log.close()
    #expect(try WholeLog(path).rows.map(\.sequence).sorted() == Array(0..<800))
    #expect(!log.append(fullRecord()))
  }

  @Test func machineIsSampledWhereTheRecordDoesNotSay() throws {
    let folder = TemporaryFolder()
    let machine = try RecordedMachine.raspberryPi()
    var options = LogWriter.Options()
    options.sampler = MachineSampler(root: machine.root)
    let path = folder.file("run.csv")
    let log = try LogWriter.open(path: path, format: .csv, header: header(), options: options)
    log.append(FrameRecord())
    log.append(fullRecord())
    log.close()
    let rows = try WholeLog(path).rows
    #expect(rows.map(\.cpuFrequencyKilohertz) == [1_500_000, 1_800_000])
    #expect(rows.map(\.cpuTemperatureMillidegrees) == [71_065, 61_250])
  }
}
