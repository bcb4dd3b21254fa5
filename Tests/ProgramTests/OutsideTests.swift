import Foundation
import TestSupport
import Testing

/// Names and numbers from outside, through the whole program.
struct OutsideTests {
  let folder = TemporaryFolder()

  /// Names that are no UTF-8: a Latin-1 é, which no String of Foundation's can hold, so that the shell makes the files.
  @Test func namesThatAreNoText() throws {
    let line = """
      set -e
      E=$(printf '\\351')
      mkdir "d$E" "d$E/weights" "d$E/pictures"
      P="d$E/pictures/caf$E.jpg"
      cp '\(Checkout.asset("demo/coffee.jpg"))' "$P"
      cp '\(Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors"))' "d$E/weights/w$E.safetensors"
      W="d$E/weights"
      echo "1 $("$M" classify "$P" | head -1)"
      echo "2 $("$M" classify --json "$P" | grep '"file"')"
      echo "3 $("$M" classify "d$E/none$E.jpg" 2>&1)"
      for source in "$P" "d$E/pictures"; do
        "$M" live --headless --source "$source" --frames 1 | grep -c espresso
      done
      "$M" live --headless --source "$P" --frames 2 --record "d$E/r$E.y4m" >lines 2>words
      echo "4 $(tail -1 words)"
      "$M" live --headless --source "d$E/r$E.y4m" --frames 1 | grep -c espresso
      for weights in "$W" "$W/w$E.safetensors"; do
        echo "5 $("$M" weights list --weights "$weights" | grep '^.1.')"
        "$M" bench --runs 1 --warmup 0 --weights "$weights" | grep -c '^conv1'
      done
      mkdir -p "d$E/mobilecam"
      cp -r "$W" "d$E/mobilecam/weights"
      export XDG_DATA_HOME="$PWD/d$E"
      echo "6 $("$M" weights verify)"
      echo "7 $("$M" weights list | grep -c "d.xE9/mobilecam/weights/w.xE9.safetensors")"
      "$M" doctor | grep -c 'weights   ok     α = 0.25'
      cp -r '\(Checkout.asset(""))' "d$E/assets"
      MOBILECAM_ASSETS="d$E/assets" "$M" classify "$P" | grep -c espresso
      """
    let run = try Program.shell(line, in: folder)
    let expected = [
      "1 d\\xE9/pictures/caf\\xE9.jpg  α 0.25, 224 px, fp32",
      "2     \"file\" : \"d\u{FFFD}\\/pictures\\/caf\u{FFFD}.jpg\",",
      "3 mobilecam: d\\xE9/none\\xE9.jpg: no such file; check the path", "1", "1",
      "4 mobilecam: recorded 2 frames to d\\xE9/r\\xE9.y4m", "1",
      "5 [1] d\\xE9/weights/w\\xE9.safetensors", "1", "5 [1] d\\xE9/weights/w\\xE9.safetensors", "1",
      "6 no record   \(folder.path)/d\\xE9/mobilecam/weights/w\\xE9.safetensors: reads well, but nothing says which "
        + "hash it should have", "7 1", "1", "1",
    ]
    #expect(run.lines.map(String.init) == expected, "\(run)")
  }

  /// Where weights are installed: `XDG_DATA_HOME` and `HOME` count where they are absolute, else the user's home does.
  @Test func homes() throws {
    let user = try #require(FileManager.default.homeDirectory(forUser: NSUserName())?.path)
    for (variables, place) in [
      ("XDG_DATA_HOME=/x HOME=/h", "/x"), ("XDG_DATA_HOME=rel HOME=/h", "/h/.local/share"),
      ("XDG_DATA_HOME= HOME=/h", "/h/.local/share"), ("-u XDG_DATA_HOME HOME=/", "/.local/share"),
      ("XDG_DATA_HOME=./x HOME=", user + "/.local/share"), ("-u XDG_DATA_HOME HOME=rel", user + "/.local/share"),
      ("-u XDG_DATA_HOME -u HOME", user + "/.local/share"),
    ] {
      let run = try Program.shell("env \(variables) $M weights list | grep '^Weights are'", in: folder)
      #expect(run.output == "Weights are installed in \(place)/mobilecam/weights\n", "\(variables): \(run)")
    }
  }

  /// Every option that takes a whole number takes any: it is done, or refused in words, and never ends in a signal.
  @Test func extremeNumbers() throws {
    try folder.write(
      "one.y4m", Data("YUV4MPEG2 W2 H2 F30:1 Cmono\nFRAME\nabcd".utf8))
    let commands = [
      ["bench", "--warmup", "0", "--runs"], ["bench", "--runs", "1", "--warmup"],
      ["bench", "--runs", "1", "--threads"],
      ["bench", "--runs", "1", "--resolution"], ["classify", Checkout.asset("demo/coffee.jpg"), "--top"],
      ["live", "--headless", "--source", "one.y4m", "--frames"],
      ["live", "--headless", "--source", "one.y4m", "--log", "a.csv", "--log-max-size", "1", "--log-keep"],
      ["live", "--headless", "--source", "one.y4m", "--log", "a.csv", "--log-max-size"],
      ["live", "--headless", "--source", "one.y4m", "--fps"],
      ["live", "--headless", "--source", "one.y4m", "--budget"],
      ["live", "--headless", "--source", "one.y4m", "--size"],
    ]
    let numbers = [
      "0", "-1", "2147483648", "4294967296", "9007199254740993", "9223372036854775807", "9223372036854775808", "1e308",
      "nan", String(repeating: "9", count: 400),
    ]
    for command in commands {
      for number in numbers {
        let run = try Program.run(command + [number], in: folder)
        #expect(0...2 ~= run.status && !run.hasTimedOut, "\(run)")
        #expect(run.status == 0 || !run.error.isEmpty, "\(run)")
      }
    }
  }

  /// What is no file, where a file is looked for: told at once.
  @Test func whatIsNoFileIsRefusedAtOnce() throws {
    let pipe = folder.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    try FileManager.default.createDirectory(atPath: folder.path + "/assets", withIntermediateDirectories: true)
    #expect(mkfifo(folder.path + "/assets/labels.txt", 0o600) == 0)
    let shipped = "'\(Checkout.asset("weights/mobilenet_v1_0.25_224.safetensors"))'"
    for (line, words) in [
      ("$M classify pipe", "pipe: expected an image file, found a pipe"),
      ("$M classify /dev/zero", "/dev/zero: expected an image file, found a character device"),
      ("$M bench --weights pipe", "cannot read weights 'pipe': expected a regular file"),
      ("$M live --headless --source pattern --weights /dev/tty", "cannot read weights '/dev/tty': expected a regular"),
      (
        "MOBILECAM_ASSETS=assets $M classify --weights \(shipped) x.jpg",
        "cannot read labels 'assets/labels.txt': it is a pipe"
      ),
      (
        "$M weights install --alpha 1 --from . --catalogue pipe",
        "cannot read 'pipe': expected a file, found a pipe"
      ),
    ] {
      let run = try Program.shell(line, in: folder)
      #expect(run.status == 1 && !run.hasTimedOut && run.error.hasPrefix("mobilecam: \(words)"), "\(run)")
    }
  }
}
