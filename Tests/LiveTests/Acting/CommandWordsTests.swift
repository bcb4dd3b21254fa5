import Live
import Platform
import Testing

/// `--run`: words as a shell makes them, without what only a shell does.
@Suite struct CommandWordsTests {
  @Test(
    arguments: [
      ("notify-send cup", ["notify-send", "cup"]), ("  a\t b\n ", ["a", "b"]), ("a ''", ["a", ""]),
      ("notify-send 'I see a cup'", ["notify-send", "I see a cup"]),
      (#"a 'b "c" \d $e | f'"#, ["a", #"b "c" \d $e | f"#]),
      (#"a "b 'c' \d \" \\ \$ \`""#, ["a", #"b 'c' \d " \ $ `"#]),
      (#"a b\ c\'\" \| \$HOME"#, ["a", #"b c'""#, "|", "$HOME"]),
      ("a'b'\"c\"d", ["abcd"]), ("a b\\\nc", ["a", "bc"]), (#""a b" c"#, ["a b", "c"]), ("a *? #b {frame} ~b", nil),
      ("a *? #b x~y -- {frame}", ["a", "*?", "#b", "x~y", "--", "{frame}"]),
      ("sh -c 'echo \"$MOBILECAM_LABEL\" >> log'", ["sh", "-c", "echo \"$MOBILECAM_LABEL\" >> log"]),
      ("a ü\u{301} 日本", ["a", "ü\u{301}", "日本"]),
    ] as [(String, [String]?)])
  func wordsAreAShells(text: String, words: [String]?) throws {
    guard let words else {
      #expect(throws: UserError.self) { try CommandWords(text) }
      return
    }
    #expect(try CommandWords(text).words == words)
  }

  @Test(arguments: [
    ("echo 'a", "expected a closing ', found none"), ("echo \"a", "expected a closing \", found none"),
    ("echo \\", "expected a character behind the last \\, found none"),
    ("", "expected a program and its arguments, found none"),
    (" \t", "found none"), ("''", "found none"), ("echo a >> b", "found >, which only a shell understands"),
    ("a | b", "found |,"), ("a; b", "found ;,"), ("a && b", "found &,"), ("a < b", "found <,"), ("(a)", "found (,"),
    ("a $HOME", "found $,"), ("a \"$HOME\"", "found $,"), ("a `b`", "found `,"), ("~/bin/a", "found ~,"),
  ])
  func whatIsNoneIsToldSo(text: String, words: String) {
    let error = #expect(throws: UserError.self) { try CommandWords(text) }
    #expect(error?.message.hasPrefix("--run \(text): expected ") == true)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test func aShellsWordsComeWithTheWayToAShell() {
    let error = #expect(throws: UserError.self) { try CommandWords("echo a >> b") }
    #expect(error?.message.hasSuffix("quote it, or give the command to a shell: --run \"sh -c '…'\"") == true)
  }

  @Test func programsAreLookedForBeforeTheRun() throws {
    try CommandWords("sh -c true").requireProgram()
    try CommandWords("/bin/sh -c true").requireProgram()
    var error = #expect(throws: UserError.self) { try CommandWords("no-such-program a").requireProgram() }
    #expect(error?.message.contains("found none of the name 'no-such-program' in PATH; ") == true)
    error = #expect(throws: UserError.self) { try CommandWords("/bin/no-such-program").requireProgram() }
    #expect(error?.message.contains("found none at '/bin/no-such-program'; ") == true)
    #expect(throws: UserError.self, "a folder") { try CommandWords("/bin").requireProgram() }
    #expect(throws: UserError.self, "no program") { try CommandWords("/etc/passwd").requireProgram() }
  }

  @Test func onlyTheFramesPlaceholderWantsAFrame() throws {
    #expect(try CommandWords("cp '{frame}' x").wantsFrame)
    #expect(try CommandWords("sh -c 'cp {frame} x'").wantsFrame)
    #expect(try !CommandWords("echo {label} frame").wantsFrame)
  }
}
