import Platform
import Teaching
import Testing

struct NameTests {
  @Test func shotsOfABurstAreKnownByTheirNames() {
    for (file, burst, number) in [
      ("20261127T080102-01.jpg", "20261127T080102", 1), ("a-99.JPG", "a", 99), ("a-b-07.jpg", "a-b", 7),
      ("tasse-é-12.jpg", "tasse-é", 12),
    ] {
      let name = ShotName(file: file)
      #expect(name.burst == burst && name.number == number, "\(file)")
      #expect(ShotName(file: name.file) == name)
    }
    for file in ["cup.jpg", "-01.jpg", "a-1.jpg", "a-001.jpg", "a-01.png", "a-01.jpeg", "a_01.jpg", "01.jpg", ""] {
      let name = ShotName(file: file)
      #expect(name.burst == file && name.number == nil, "\(file)")
      #expect(name.file == file)
    }
    #expect(ShotName(picture: "cup.PNG").file == "cup.jpg")
    #expect(ShotName(picture: "a-03.jpg") == ShotName(burst: "a", number: 3))
  }

  @Test(arguments: ["cup", "my cup", "none", "Tasse à café", "7 up", "a.b", String(repeating: "x", count: 200)])
  func names(_ name: String) throws { try ClassName.check(name) }

  @Test(arguments: [
    "", "a/b", "/", ".", "..", ".hidden", "a\nb", "a\tb", "a\u{1B}[1mb", "a\u{7F}", "\u{202E}a", " a", "a ",
    String(repeating: "x", count: 201),
  ])
  func refusedNames(_ name: String) throws {
    let error = try #require(throws: UserError.self) { try ClassName.check(name) }
    #expect(error.message.contains("expected a folder's name"))
    #expect(!error.message.unicodeScalars.contains { Printable.steers($0) || $0 == "\n" }, "\(error.message)")
  }

  @Test func namesThatDifferInCaseAlone() {
    #expect(ClassName.double(of: "Cup", among: ["mug", "cup"]) == "cup")
    #expect(ClassName.double(of: "cup", among: ["mug", "cup"]) == nil)
    #expect(ClassName.double(of: "NONE", among: ["none"]) == "none")
    #expect(ClassName.double(of: "e\u{301}", among: ["\u{E9}"]) == "\u{E9}")
  }
}
