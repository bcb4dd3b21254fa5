import Foundation
import TestSupport
import Testing

private let hasFfmpeg =
  ProcessInfo.processInfo.environment["MOBILECAM_REQUIRE_FFMPEG"] == "1"
  || (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: "\($0)/ffmpeg")
  }

/// Streams as ffmpeg writes them. `MOBILECAM_REQUIRE_FFMPEG=1`, as in CI, makes a missing ffmpeg a failure.
@Suite(.enabled(if: hasFfmpeg, "there is no ffmpeg")) struct FfmpegTests {
  private static let program = "$M --source - --headless --resolution 128"

  /// Every pixel format that ffmpeg's Y4M has at 8 bits; yuvj420p is yuv420p in full range.
  @Test(arguments: ["yuv420p", "yuvj420p", "yuv422p", "yuv411p", "yuv444p", "gray"])
  func `one result a frame, then status 0`(format: String) throws {
    let folder = TemporaryFolder()
    let run = try Program.shell(
      "ffmpeg -v error -f lavfi -i testsrc -t 0.4 -pix_fmt \(format) -f yuv4mpegpipe - | \(Self.program)", in: folder)
    #expect(run.status == 0, "\(run)")
    #expect(run.lines.count == 10, "0.4 s at 25 frames a second: \(run)")
    #expect(run.lines.allSatisfy { $0.contains("\"class_index\"") }, "\(run)")
  }

  @Test func `three seconds of the test source`() throws {
    let folder = TemporaryFolder()
    let run = try Program.shell(
      "ffmpeg -v error -f lavfi -i testsrc -t 3 -pix_fmt yuv420p -f yuv4mpegpipe - | \(Self.program)", in: folder)
    #expect(run.status == 0 && run.lines.count == 75, "\(run)")
  }

  /// testsrc is RGB, which ffmpeg's Y4M does not take: it writes nothing at all, and we say what to add.
  @Test func `without a pixel format ffmpeg writes nothing`() throws {
    let folder = TemporaryFolder()
    let written = try Program.shell("ffmpeg -v error -f lavfi -i testsrc -t 3 -f yuv4mpegpipe - | wc -c", in: folder)
    let run = try Program.shell(
      "ffmpeg -v error -f lavfi -i testsrc -t 3 -f yuv4mpegpipe - | \(Self.program)", in: folder)
    guard written.output.trimmingCharacters(in: .whitespacesAndNewlines) == "0" else {
      // An ffmpeg that converts by itself.
      #expect(run.status == 0 && run.lines.count == 75, "\(run)")
      return
    }
    #expect(run.status == 1 && run.lines.isEmpty, "\(run)")
    #expect(run.error.contains("standard input: expected a Y4M or MJPEG stream, found no data"), "\(run)")
    #expect(run.error.contains("put -pix_fmt yuv420p before its -f yuv4mpegpipe"), "\(run)")
  }

  @Test func `ten bits are refused with what to add`() throws {
    let folder = TemporaryFolder()
    let run = try Program.shell(
      "ffmpeg -v error -f lavfi -i testsrc -t 0.4 -pix_fmt yuv420p10 -strict -1 -f yuv4mpegpipe - | \(Self.program)",
      in: folder)
    #expect(run.status == 1, "\(run)")
    #expect(
      run.error.contains(
        "expected 8 bits a sample, found C420p10, which has 10; let ffmpeg convert it: -pix_fmt yuv420p"),
      "\(run)")
  }

  /// JPEG pictures from another program are live: the newest, as many as are asked for. ffmpeg makes them without end.
  @Test func `MJPEG on standard input`() throws {
    let folder = TemporaryFolder()
    let run = try Program.shell(
      "ffmpeg -v quiet -f lavfi -i testsrc -f mjpeg - | \(Self.program) --frames 50 --record run.y4m", in: folder)
    #expect(run.status == 0 && run.lines.count == 50, "\(run)")
    // As many as it says: a busy disk leaves some out.
    let recorded = try #require(run.error.firstMatch(of: /recorded (\d+) frames to run.y4m/), "\(run)")
    let again = try Program.shell("$M --source run.y4m --headless --resolution 128", in: folder)
    #expect(again.status == 0 && again.lines.count == Int(recorded.1), "\(again)")
  }

  /// At the rate of a camera none is left out that the network has time for, and the last one never is.
  @Test func `MJPEG at the rate of a camera`() throws {
    let folder = TemporaryFolder()
    let run = try Program.shell(
      "ffmpeg -v error -re -f lavfi -i testsrc=rate=5 -t 2 -f mjpeg - | \(Self.program)", in: folder)
    #expect(run.status == 0 && run.lines.last?.contains("\"sequence\":9") == true, "\(run)")
  }

  @Test func `every picture of an MJPEG file`() throws {
    let folder = TemporaryFolder()
    let run = try Program.shell(
      """
      ffmpeg -v error -f lavfi -i testsrc -t 1 clip.mjpeg && $M --source clip.mjpeg --headless --resolution 128 &&
      \(Self.program) < clip.mjpeg
      """, in: folder)
    #expect(run.status == 0 && run.lines.count == 50, "25 by its name and 25 on standard input: \(run)")
  }
}
