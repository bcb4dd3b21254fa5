import Reports
import Testing

@Suite struct TableTests {
  private let table = Table(
    [.text("layer", 8), .number("µs", 7), .text("note", 6)],
    rows: [["conv1", "87.2", "a<b"], ["a long name", "5", ""], ["fc"]])

  @Test func onATerminal() {
    #expect(
      table.lines == [
        "layer        µsnote", "conv1      87.2a<b", "a long name      5", "fc",
      ])
  }

  @Test func onAPage() {
    #expect(
      table.html == """
        <div class="scroll"><table>
        <tr><th>layer</th><th>µs</th><th>note</th></tr>
        <tr><td>conv1</td><td>87.2</td><td>a&lt;b</td></tr>
        <tr><td>a long name</td><td>5</td><td></td></tr>
        <tr><td>fc</td></tr>
        </table></div>

        """)
  }
}

@Suite struct ScaleTests {
  @Test func valuesStandBetweenTheEnds() {
    let x = Scale((0, 50), at: (100, 200))
    #expect([-1, 0, 25, 50, 1e300].map { x($0) } == [100, 100, 150, 200, 200])
    let y = Scale((1, 100), at: (200, 0), logarithmic: true)
    #expect([0, 1, 10, 100].map { y($0) } == [200, 200, 100, 0])
    #expect(Scale((3, 3), at: (7, 9))(5) == 7, "no span")
  }

  @Test func ticksAreRound() {
    #expect(Scale((0, 43), at: (0, 1)).ticks(most: 5).map(\.label) == ["0", "10", "20", "30", "40"])
    #expect(Scale((45, 75), at: (0, 1)).ticks(most: 6).map(\.label) == ["45", "50", "55", "60", "65", "70", "75"])
    #expect(Scale((0.7, 30), at: (0, 1), logarithmic: true).ticks().map(\.label) == ["1", "2", "5", "10", "20"])
    #expect(Scale((0.5, 1.1), at: (0, 1), logarithmic: true).ticks().map(\.label).first == "0.5")
  }
}
