import ArgumentParser
import FoundationEssentials
import Live
import Platform
import Terminal

/// `mobilecam manual`: the man page, from the same definitions as `--help` and the same table of keys as the screen.
///
/// Hidden: `make install` calls it. The argument parser's own generator drops every letter that is not ASCII.
struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print the manual page (mobilecam.1).", shouldDisplay: false)

  func run() throws {
    let help = try JSONDecoder().decode(ToolHelp.self, from: Data(Mobilecam._dumpHelp().utf8))
    try Output.print(ManualPage.text(of: help.command), terminator: "")
  }
}

/// What the argument parser says of a command; a part of its `--experimental-dump-help`.
struct ToolHelp: Decodable {
  struct Command: Decodable {
    var commandName: String
    var abstract: String?
    var discussion: String?
    var shouldDisplay: Bool?
    var subcommands: [Command]?
    var arguments: [Argument]?
  }

  struct Argument: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String
    }
    var kind: String
    var shouldDisplay: Bool?
    var names: [Name]?
    var valueName: String?
    var abstract: String?
    var defaultValue: String?
  }

  var command: Command
}

/// roff with the man macros, in UTF-8.
enum ManualPage {
  static func text(of tool: ToolHelp.Command) -> String {
    var page = [
      ".TH MOBILECAM 1 \"\" \"mobilecam \(Mobilecam.version)\"", ".SH NAME",
      "mobilecam \\- \(escaped(tool.abstract ?? ""))", ".SH SYNOPSIS", ".B mobilecam",
      ".RI [ command ]", ".RI [ options ]", ".SH DESCRIPTION",
    ]
    page += (tool.discussion ?? "").split(separator: "\n").flatMap { [escaped(String($0)), ".br"] }
    page.append(".SH COMMANDS")
    for command in tool.subcommands ?? [] where command.shouldDisplay ?? true && command.commandName != "help" {
      page += [".SS mobilecam \(escaped(command.commandName))", escaped(command.abstract ?? "")]
      for argument in command.arguments ?? [] where argument.shouldDisplay ?? true { page += lines(of: argument) }
    }
    page.append(".SH KEYS")
    for binding in Keys.bindings(of: ScreenRun.commands) {
      page += [".TP", ".B \(escaped(binding.keys))", escaped(binding.help)]
    }
    page += [
      ".SH ENVIRONMENT", ".TP", ".B NO_COLOR", "No colours, where it is set and not empty.", ".TP", ".B TERM",
      "The kind of terminal, which decides how many colours there are.", ".TP", ".B XDG_DATA_HOME",
      "Installed weights are looked for in its folder mobilecam/weights; ~/.local/share where it is not set.",
    ]
    return page.joined(separator: "\n") + "\n"
  }

  private static func lines(of argument: ToolHelp.Argument) -> [String] {
    let value = argument.valueName.map { "\\fI\(escaped($0))\\fR" } ?? ""
    let names = (argument.names ?? []).map { name in
      "\\fB\(escaped((name.kind == "long" ? "--" : "-") + name.name))\\fR"
    }.joined(separator: ", ")
    let heading = argument.kind == "positional" ? value : argument.kind == "flag" ? names : names + " " + value
    let fallback = argument.defaultValue.map { " Default: \($0)." } ?? ""
    return [".TP", heading, escaped((argument.abstract ?? "") + fallback)]
  }

  /// Backslashes and hyphens mean something to roff, and so do points and apostrophes that begin a line.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "\n": result += " "
      default: result.append(character)
      }
    }
    return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&" + result : result
  }
}
