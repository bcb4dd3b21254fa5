import Platform

/// Text as HTML and SVG hold it.
package func escaped(_ text: String) -> String {
  var result = ""
  for scalar in Printable.line(text).unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// An SVG picture in the making; lengths are its own units, as many as `width` × `height`.
package struct Picture {
  private let width: Double
  private let height: Double
  let label: String
  private var body = ""

  /// - Parameter label: says in words what the picture shows.
  package init(width: Double = 640, height: Double, label: String) {
    self.width = width
    self.height = height
    self.label = label
  }

  private static func n(_ value: Double) -> String { fixed(value.isFinite ? value : 0, 1) }

  package mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
    body +=
      "<line x1=\"\(Self.n(x1))\" y1=\"\(Self.n(y1))\" x2=\"\(Self.n(x2))\" y2=\"\(Self.n(y2))\" class=\"\(style)\"/>\n"
  }

  /// - Parameter fill: a colour instead of the style's.
  package mutating func box(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, fill: String? = nil,
    tip: String? = nil
  ) {
    let color = fill.map { " style=\"fill:\($0)\"" } ?? ""
    let title = tip.map { "<title>\(escaped($0))</title>" } ?? ""
    body += "<rect x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" width=\"\(Self.n(max(0, width)))\" "
    body += "height=\"\(Self.n(max(0, height)))\" class=\"\(style)\"\(color)>\(title)</rect>\n"
  }

  /// Text is escaped here.
  package mutating func text(_ x: Double, _ y: Double, _ text: String, _ style: String = "t") {
    body += "<text x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" class=\"\(style)\">\(escaped(text))</text>\n"
  }

  package mutating func path(_ points: [(Double, Double)], _ style: String, closed: Bool = false) {
    guard !points.isEmpty else { return }
    let steps = points.enumerated().map {
      ($0.offset == 0 ? "M" : "L") + Self.n($0.element.0) + " " + Self.n($0.element.1)
    }
    body += "<path d=\"\(steps.joined())\(closed ? "Z" : "")\" class=\"\(style)\"/>\n"
  }

  /// The mark of a measurement, whose shape tells series apart where colours do not: 0 a disc, 1 a square, 2 a diamond.
  package mutating func mark(_ x: Double, _ y: Double, shape: Int, _ style: String, tip: String) {
    let title = "<title>\(escaped(tip))</title>"
    switch shape {
    case 0: body += "<circle cx=\"\(Self.n(x))\" cy=\"\(Self.n(y))\" r=\"4\" class=\"\(style)\">\(title)</circle>\n"
    case 1:
      body += "<rect x=\"\(Self.n(x - 3.5))\" y=\"\(Self.n(y - 3.5))\" width=\"7\" height=\"7\" class=\"\(style)\">"
      body += "\(title)</rect>\n"
    default:
      body += "<path d=\"M\(Self.n(x)) \(Self.n(y - 5))l5 5l-5 5l-5 -5Z\" class=\"\(style)\">\(title)</path>\n"
    }
  }

  package var svg: String {
    "<svg viewBox=\"0 0 \(Self.n(width)) \(Self.n(height))\" role=\"img\" aria-label=\"\(escaped(label))\">\n\(body)</svg>\n"
  }
}
