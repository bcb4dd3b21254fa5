import ArgumentParser
import Frames
import Glibc
import Telemetry
import Terminal

/// The root command: parses, runs, and turns every error into one message and the exit status that the README gives.
@main
struct Mobilecam: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "mobilecam",
    abstract: "MobileNet V1 on a live camera in the terminal, with the cost of every layer.",
    discussion: """
      With no arguments: live on the first camera, or on the bundled demo reel if there is none.
      Exit status: 0 done, 1 the work failed, 2 wrong usage.
      """,
    version: version,
    subcommands: [
      Live.self, Classify.self, Bench.self, Model.self, Devices.self, Doctor.self, Weights.self,
      ReportCommand.self, Manual.self,
    ],
    defaultSubcommand: Live.self)

  static func main() {
    CrashHandler.install()
    signal(SIGPIPE, SIG_IGN)
    fillStandardDescriptors()
    var command: any ParsableCommand
    do {
      command = try parseAsRoot()
    } catch {
      leave(onParsing: error)
    }
    do {
      try command.run()
      try flushOutput()
    } catch let error as UserError {
      complain(error.message, status: 1)
    } catch let error as LogError {
      complain(error.message, status: 1)
    } catch let error as ExitCode {
      Glibc.exit(error.rawValue)
    } catch {
      leave(onParsing: error)
    }
  }

  /// Help and version go to standard output with status 0; anything else is wrong usage.
  private static func leave(onParsing error: any Error) -> Never {
    if exitCode(for: error) == .success {
      print(fullMessage(for: error))
      Glibc.exit(0)
    }
    complain("\(message(for: error))\nSee 'mobilecam --help'.", status: 2)
  }

  private static func complain(_ message: String, status: Int32) -> Never {
    printError("mobilecam: \(message)")
    Glibc.exit(status)
  }
}

func printError(_ text: String) {
  var line = text + "\n"
  line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
