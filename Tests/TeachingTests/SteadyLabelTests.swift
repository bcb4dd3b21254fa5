import Teaching
import Testing

struct SteadyLabelTests {
  @Test func itChangesAfterThreeInARow() {
    var steady = SteadyLabel()
    let shown = "aabababbcbbbaaca".map { steady.take(String($0)) }.joined()
    #expect(shown == "aaaaaaaaaaabbbbb")
    steady.reset()
    #expect(steady.take("c") == "c", "the first need not wait")
  }
}
