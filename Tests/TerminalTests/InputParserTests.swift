import Platform
import Terminal
import Testing

/// What a terminal sends besides keys presses none.
@Suite struct InputParserTests {
  /// What is told of text that comes at once, with a pause after it.
  private func inputs(_ text: String, _ parser: inout InputParser, at now: Nanoseconds = .zero) -> [InputParser.Input] {
    var inputs = text.unicodeScalars.compactMap { parser.take(.character($0), at: now) }
    if let last = parser.pause() { inputs.append(last) }
    return inputs
  }

  private func inputs(_ text: String) -> [InputParser.Input] {
    var parser = InputParser()
    return inputs(text, &parser)
  }

  @Test func `keys are keys`() {
    #expect(inputs("1?α ") == ["1", "?", "α", " "].map { .key(.character($0)) })
    #expect(inputs("\u{1B}") == [.key(.escape)])
    #expect(inputs("\u{1B}\u{1B}") == [.key(.escape)])
    var parser = InputParser()
    #expect(parser.take(.key(.up), at: .zero) == .key(.up))
  }

  @Test(arguments: [
    // A mouse in three protocols, focus in and out, keys with modifiers, keys with Alt, colours and device attributes.
    "\u{1B}[M q1", "\u{1B}[<0;41;14M\u{1B}[<0;41;14m", "\u{1B}[32;41;14M", "\u{1B}[I\u{1B}[O",
    "\u{1B}[1;5A\u{1B}[15;2~",
    "\u{1B}O2P", "\u{1B}q\u{1B}4", "\u{1B}]11;rgb:1414/1414/1414\u{7}", "\u{1B}]11;rgb:1/1/1\u{1B}\\",
    "\u{1B}P>|xterm(389)\u{1B}\\", "\u{1B}[?64;1;2;4;6;9;15;18;21;22c", "\u{1B}[200~1 2 3 q\u{1B}[A?\u{1B}\u{1B}[201~",
  ])
  func `they press no key, and what follows does`(sequence: String) {
    #expect(inputs(sequence + "p") == [.key(.character("p"))])
    for end in sequence.indices.dropFirst() {
      // Cut short, it is given up; a paste after a second.
      var parser = InputParser()
      _ = inputs(String(sequence[..<end]), &parser)
      let later = InputParser.pastePatience + Nanoseconds(milliseconds: 1)
      #expect(inputs("p", &parser, at: later) == [.key(.character("p"))], "after \(sequence[..<end].debugDescription)")
    }
  }

  @Test func `the terminal's answer`() {
    for (mode, isPossible) in [(0, false), (1, true), (2, true), (3, false), (4, false)] {
      #expect(inputs("\u{1B}[?2026;\(mode)$y") == [.synchronizedOutput(isPossible)])
    }
    #expect(inputs("\u{1B}[?2004;2$y") == [])
  }

  @Test func `a long paste that comes in pieces`() {
    var parser = InputParser()
    var now = Nanoseconds.zero
    var seen = inputs("\u{1B}[200~", &parser, at: now)
    for _ in 0..<100 {
      now = now + Nanoseconds(milliseconds: 300)
      seen += inputs("quit 1234 \u{1B}[B", &parser, at: now)
    }
    #expect(seen == [])
    #expect(inputs("\u{1B}[201~q", &parser, at: now) == [.key(.character("q"))])
  }

  @Test func `a sequence without an end is bounded`() {
    #expect(inputs("\u{1B}[" + String(repeating: "1", count: 10_000) + "q").last == .key(.character("q")))
  }
}
