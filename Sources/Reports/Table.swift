import Platform

/// A table, for a terminal and for a page. Cells are plain text.
package struct Table {
  package struct Column {
    let title: String
    /// On a terminal; wider cells move what follows.
    let width: Int
    let isText: Bool

    package static func number(_ title: String, _ width: Int = 0) -> Column {
      Column(title: title, width: width, isText: false)
    }
    package static func text(_ title: String, _ width: Int = 0) -> Column {
      Column(title: title, width: width, isText: true)
    }
  }

  package let columns: [Column]
  package var rows: [[String]]

  package init(_ columns: [Column], rows: [[String]] = []) {
    self.columns = columns
    self.rows = rows
  }

  // MARK: On a terminal

  package var heading: String { line(columns.map(\.title)) }
  package var lines: [String] { [heading] + rows.map(line) }

  /// One row; cells that are left out at its end are empty.
  package func line(_ cells: [String]) -> String {
    let padded = zip(columns, cells).map { ($0.isText ? padRight : padLeft)($1, $0.width) }
    return String(padded.joined().reversed().drop { $0 == " " }.reversed())
  }

  // MARK: On a page

  package var html: String {
    "<div class=\"scroll\"><table>\n\(Self.row("th", columns.map(\.title)))"
      + rows.map { Self.row("td", $0) }.joined() + "</table></div>\n"
  }

  /// Names and what they stand for.
  package static func facts(_ facts: [(String, String)]) -> String {
    "<table class=\"facts\">\n\(facts.map { row("td", [$0, $1]) }.joined())</table>\n"
  }

  private static func row(_ tag: String, _ cells: [String]) -> String {
    "<tr>\(cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined())</tr>\n"
  }
}
