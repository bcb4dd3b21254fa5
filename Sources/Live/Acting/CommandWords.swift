import Platform

/// A command as `--run` takes it, split into words as a shell splits it (POSIX, Shell Command Language, 2.2 Quoting). Nothing
/// is expanded; what a shell would do something else with is refused.
public struct CommandWords: Sendable, Hashable {
  /// What stands for the path of the saved picture.
  public static let frame = "{frame}"

  /// As it was given.
  public let text: String
  /// The program and its arguments.
  public let words: [String]

  /// - Throws: `UserError` where a quotation is not closed, or only a shell could do what is asked.
  public init(_ text: String) throws(UserError) {
    func fault(_ expected: String, _ found: String, _ advice: String) -> UserError {
      UserError("--run \(text): expected \(expected), found \(found); \(advice)")
    }
    func shellsOwn(_ scalar: Unicode.Scalar) -> UserError {
      fault(
        "a program and its arguments", "\(scalar), which only a shell understands",
        "quote it, or give the command to a shell: --run \"sh -c '…'\"")
    }
    var words: [String] = []
    // `nil` between words: '' is one.
    var word: String.UnicodeScalarView?
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case " ", "\t", "\n":
        if let word { words.append(String(word)) }
        word = nil
      case "'":
        guard let end = rest.firstIndex(of: "'") else {
          throw fault("a closing '", "none", "close the quotation, or put \\ before a ' that is none")
        }
        word = (word ?? .init()) + rest[..<end]
        rest = rest[rest.index(after: end)...]
      case "\"":
        word = word ?? .init()
        while true {
          guard let scalar = rest.popFirst() else {
            throw fault("a closing \"", "none", "close the quotation, or put \\ before a \" that is none")
          }
          if scalar == "\"" { break }
          if scalar == "$" || scalar == "`" { throw shellsOwn(scalar) }
          // Before anything else a backslash stands for itself.
          guard scalar == "\\", let next = rest.first, "\"\\$`\n".unicodeScalars.contains(next) else {
            word?.append(scalar)
            continue
          }
          rest.removeFirst()
          if next != "\n" { word?.append(next) }
        }
      case "\\":
        guard let next = rest.popFirst() else {
          throw fault("a character behind the last \\", "none", "double it where it is meant itself")
        }
        if next != "\n" {
          word = word ?? .init()
          word?.append(next)
        }
      case "|", "&", ";", "<", ">", "(", ")", "$", "`": throw shellsOwn(scalar)
      case "~" where word == nil: throw shellsOwn(scalar)
      default:
        word = word ?? .init()
        word?.append(scalar)
      }
    }
    if let word { words.append(String(word)) }
    guard let program = words.first, !program.isEmpty else {
      throw fault("a program and its arguments", "none", "name one, such as notify-send")
    }
    self.text = text
    self.words = words
  }

  /// Whether the command wants a picture.
  public var wantsFrame: Bool { words.contains { $0.contains(Self.frame) } }

  /// The words with the picture's path in its place.
  func words(frame path: String?) -> [String] {
    guard let path else { return words }
    return words.map { $0.replacing(Self.frame, with: path) }
  }

  /// - Throws: `UserError` where there is no such program now: the rule could never act.
  public func requireProgram() throws(UserError) {
    guard !ChildProgram.exists(words[0]) else { return }
    throw UserError(
      "--run \(text): expected a program that can be started, found "
        + (words[0].contains("/") ? "none at '\(words[0])'" : "none of the name '\(words[0])' in PATH")
        + "; check its name, install it, or give its whole path")
  }
}
