/// Output channels in panels, one after the other.
public protocol ColumnPanels {
  /// Width of the panel that starts at `column`.
  func width(at column: Int, of columns: Int) -> Int
  /// As many columns as all panels have.
  func paddedColumns(_ columns: Int) -> Int
}

extension ColumnPanels {
  /// The panel that holds a column: where it starts, and its width.
  public func panel(of column: Int, among columns: Int) -> (start: Int, width: Int) {
    let columns = paddedColumns(columns)
    var start = 0
    while start + width(at: start, of: columns) <= column { start += width(at: start, of: columns) }
    return (start, width(at: start, of: columns))
  }
}
