import ArgumentParser
import Glibc
import Platform

/// The root command: parses, runs, and turns every error into one message and the exit status that the README gives.
@main
struct Mobilecam: ParsableCommand {
  static let version = "0.2.0"

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
      ReportCommand.self, Teach.self, Manual.self,
    ],
    defaultSubcommand: Live.self)

  static func main() {
    ignoreSignalsOfWriting()
    fillStandardDescriptors()
    do {
      var command = try parseAsRoot(PathText.arguments)
      try command.run()
    } catch let error as UserError {
      Output.tell(error.message)
      Glibc.exit(1)
    } catch let error as ExitCode {
      Glibc.exit(error.rawValue)
    } catch {
      leave(onParsing: error)
    }
  }

  /// Help, version and completion scripts go to standard output with status 0; anything else is wrong usage.
  private static func leave(onParsing error: any Error) -> Never {
    guard exitCode(for: error) == .success else {
      Output.error("mobilecam: \(message(for: error))\nSee 'mobilecam --help'.")
      Glibc.exit(2)
    }
    do throws(UserError) {
      let text = fullMessage(for: error)
      try Output.print(text == version ? VersionText.current() : text)
    } catch {
      Output.tell(error.message)
      Glibc.exit(1)
    }
    Glibc.exit(0)
  }
}
