import Foundation
import Frames
import Glibc
import MobileNet
import ModelFiles
import Platform
import TestSupport
import Testing

// Exit tests take values with them from Swift 6.3 on; a board's compiler may be older.
#if compiler(>=6.3)

  /// Hostile files: seeded mutations of valid ones in memory that is fenced by forbidden pages. A trap or a read outside
  /// the file ends the test process; what remains to check is that each file is either refused in words or whole.
  ///
  /// `MOBILECAM_MUTATIONS` sets how many in all (debug builds make a tenth), `MOBILECAM_SEED` the seed.
  @Suite(.serialized)
  struct WeightMutationTests {
    static let total = testCount("MOBILECAM_MUTATIONS", Checkout.isOptimised ? 200_000 : 20_000)
    static let seed = testSeed("WeightMutationTests")

    /// How the files of one run ended.
    struct Outcome {
      var accepted = 0
      var refused = 0
      var slowestSeconds = 0.0
      /// Messages that are no `UserError` about this file.
      var strange: [String] = []
    }

    private static func read(_ bytes: UnsafeMutableRawBufferPointer, wholly: Bool, into outcome: inout Outcome) {
      let start = Nanoseconds.of(CLOCK_THREAD_CPUTIME_ID)
      let file = MappedFile(borrowing: UnsafeRawBufferPointer(bytes), path: "FILE")
      do {
        if wholly {
          _ = try WeightFile.labels(in: file, outputs: 5)
          switch try WeightFile.load(file: file) {
          case .float(let source):
            let layers = try FloatWeights(source).layers
            if layers.count != 28 { outcome.strange.append("\(layers.count) layers") }
          case .quantized(let weights):
            if weights.layers.count != 28 { outcome.strange.append("\(weights.layers.count) layers") }
          }
        } else {
          try WeightFile.check(file: file)
        }
        outcome.accepted += 1
      } catch {
        outcome.refused += 1
        if !(error is UserError) || !"\(error)".hasPrefix("cannot use weights 'FILE': ") {
          outcome.strange.append("\(error)")
        }
      }
      outcome.slowestSeconds = max(outcome.slowestSeconds, (Nanoseconds.of(CLOCK_THREAD_CPUTIME_ID) - start).seconds)
    }

    /// Numbers that break arithmetic.
    private static let nastyNumbers: [UInt32] = [
      0, 1, 2, 4, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
    ]

    /// Changes up to four bytes at `place`, and returns what stood there.
    private static func mutate(
      _ bytes: UnsafeMutableRawBufferPointer, at place: Int, _ random: inout SplitMix64
    ) -> [UInt8] {
      let old = Array(bytes[place..<min(place + 4, bytes.count)])
      switch random.below(5) {
      case 0: bytes[place] ^= 1 << UInt8(random.below(8))
      case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
      case 2: bytes[place] = Array("0123456789{}[]\",:\\".utf8)[random.below(18)]
      case 3:
        let number = nastyNumbers[random.below(nastyNumbers.count)]
        for index in old.indices { bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt32(8 * index)) }
      default:
        // Near misses: an offset that is off by a little.
        let sum = old.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } &+ UInt32(random.below(64)) &- 32
        for index in old.indices { bytes[place + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
      }
      return old
    }

    /// Reads `count` mutations of `valid`, changed only in `places`, where its structure stands.
    private static func run(_ name: String, _ valid: [UInt8], places: [Range<Int>], count: Int) -> Outcome {
      var random = SplitMix64(seed: seed, for: name)
      var outcome = Outcome()
      let starts = places.reduce(into: [0]) { $0.append($0.last! + $1.count) }
      let fences = [GuardedMemory.Side.start, .end].map { GuardedMemory(valid, touching: $0) }
      for number in 0..<count {
        let bytes = fences[number % 2].bytes
        var undo: [(Int, [UInt8])] = []
        for _ in 0...random.below(3) {
          let index = random.below(starts.last!)
          let range = starts.lastIndex { $0 <= index }!
          let place = places[range].lowerBound + index - starts[range]
          undo.append((place, mutate(bytes, at: place, &random)))
        }
        // Values take longest to read, and their places are checked with the structure: every 32nd file is enough.
        read(bytes, wholly: number % 32 == 0, into: &outcome)
        for (place, old) in undo.reversed() {
          for (index, byte) in old.enumerated() { bytes[place + index] = byte }
        }
      }
      return outcome
    }

    /// Reads files that end early, most of them within the structure.
    private static func runTruncated(_ name: String, _ valid: [UInt8], structureBytes: Int, count: Int) -> Outcome {
      var random = SplitMix64(seed: seed, for: "\(name), cut")
      var outcome = Outcome()
      for number in 0..<count {
        let length = random.below(number % 16 == 0 ? valid.count : min(structureBytes, valid.count))
        let memory = GuardedMemory(valid[..<length], touching: .end)
        if length > 0 { read(memory.bytes, wholly: true, into: &outcome) }
      }
      return outcome
    }

    private static func check(_ outcome: Outcome, accepts: Bool = true) {
      #expect(outcome.strange.isEmpty, "seed \(seed): \(outcome.strange.prefix(3))")
      // Both must happen: a reader that takes all, or nothing, would pass the rest.
      #expect(outcome.refused > 0)
      #expect((outcome.accepted > 0) == accepts)
      #expect(outcome.slowestSeconds < 5, "seed \(seed)")
    }

    /// The most memory that this process ever held, in bytes: `VmHWM` of /proc/self/status (`ru_maxrss` would begin with the
    /// peak of the process that started this one).
    private static func peakBytes() throws -> Int {
      let file = try #require(fopen("/proc/self/status", "r"))
      defer { fclose(file) }
      var line = [CChar](repeating: 0, count: 256)
      while fgets(&line, Int32(line.count), file) != nil {
        let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
          .split(whereSeparator: \.isWhitespace)
        if fields.first == "VmHWM:", fields.count > 1, let kilobytes = Int(fields[1]) { return kilobytes * 1024 }
      }
      throw UserError("no VmHWM in /proc/self/status")
    }

    /// In a process of its own: what other tests allocate at the same time is not the readers'.
    @Test func safetensors() async {
      await #expect(processExitsWith: .success) { try Self.mutateSafetensors() }
    }

    @Test(arguments: SafetensorsFixture.Library.allCases)
    func safetensorsOfPyTorch(_ library: SafetensorsFixture.Library) async {
      await #expect(processExitsWith: .success) { [library] in
        try Self.mutateSafetensors(
          "\(library)", SafetensorsFixture(library, type: "F16", classes: 2), count: Self.total / 8)
      }
    }

    private static func mutateSafetensors(
      _ name: String = "safetensors", _ fixture: SafetensorsFixture = SafetensorsFixture(), count: Int = total / 2
    ) throws {
      let valid = fixture.bytes
      let structure = 8 + fixture.header.utf8.count
      let before = try peakBytes()
      check(run(name, valid, places: [0..<structure], count: count))
      check(runTruncated(name, valid, structureBytes: structure, count: count / 50), accepts: false)
      #expect(try peakBytes() - before < 64 << 20 || Checkout.isSanitized)
    }

    @Test(arguments: TFLiteFixture.Kind.allCases)
    func tflite(_ kind: TFLiteFixture.Kind) async {
      await #expect(processExitsWith: .success) { [kind] in try Self.mutateTFLite(kind) }
    }

    @Test(arguments: TFLiteFixture.Clothes.allCases)
    func tfliteInOtherClothes(_ clothes: TFLiteFixture.Clothes) async {
      await #expect(processExitsWith: .success) { [clothes] in
        try Self.mutateTFLite("\(clothes)", TFLiteFixture(clothes), count: Self.total / 20)
      }
    }

    private static func mutateTFLite(_ kind: TFLiteFixture.Kind) throws {
      try mutateTFLite("\(kind)", TFLiteFixture(kind), count: total / 6)
    }

    private static func mutateTFLite(_ name: String, _ fixture: TFLiteFixture, count: Int) throws {
      let written = fixture.written
      let bytes = written.bytes + fixture.appended
      let before = try peakBytes()
      let zip = [written.bytes.count..<bytes.count].filter { !$0.isEmpty }
      check(run(name, bytes, places: written.structure + zip, count: count))
      check(
        runTruncated(name, written.bytes, structureBytes: written.structure[0].upperBound, count: count / 50),
        accepts: false)
      #expect(try peakBytes() - before < 64 << 20 || Checkout.isSanitized)
    }
  }
#endif
