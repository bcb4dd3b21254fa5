import Platform

/// Which classes a user means by a name. A class may have several, with commas between them (`tench, Tinca tinca`): the whole
/// label or one of its names counts, whatever their case; `_` and spaces are one.
package struct LabelNames: Sendable {
  private struct Class {
    let label: String
    /// The whole label first.
    let names: [String]
  }

  private let classes: [Class]

  package init(_ labels: [String]) {
    classes = labels.map { label in
      let whole = Self.plain(label)
      let parts = whole.split(separator: ",").map { Self.plain(String($0)) }
      return Class(label: label, names: parts.count > 1 ? [whole] + parts : [whole])
    }
  }

  package var count: Int { classes.count }
  package func label(_ index: Int) -> String { classes[index].label }

  /// The classes of that name: several, where it is the name of several (a crane is a bird and a machine).
  package func classes(named text: String) -> [Int] {
    let wanted = Self.plain(text)
    return classes.indices.filter { classes[$0].names.contains(wanted) }
  }

  /// What a user may have meant, best first: names with the same words in them, and names that are a few letters away.
  package func near(_ text: String, most: Int = 4) -> [String] {
    let wanted = Self.plain(text)
    let words = Set(wanted.split(separator: " "))
    var found: [(name: String, distance: Int)] = []
    for name in classes.flatMap({ $0.names.count > 1 ? Array($0.names.dropFirst()) : $0.names }) {
      let others = Set(name.split(separator: " "))
      if !words.isEmpty, words.isSubset(of: others) || others.isSubset(of: words) {
        found.append((name, 0))
      } else {
        let distance = Self.distance(Array(wanted.unicodeScalars), Array(name.unicodeScalars))
        if distance <= max(1, wanted.unicodeScalars.count / 3) { found.append((name, distance)) }
      }
    }
    var names: [String] = []
    // In their order where they are as near.
    for distance in 0...max(1, wanted.unicodeScalars.count / 3) {
      for (name, its) in found where its == distance && !names.contains(name) { names.append(name) }
    }
    return Array(names.prefix(most))
  }

  /// - Throws: `UserError` where no class has the name of one of these rules.
  package func require(_ rules: [ActionRule]) throws(UserError) {
    for condition in rules.map(\.condition) where classes(named: condition.label).isEmpty {
      let near = near(condition.label).map { "'\($0)'" }.joined(separator: ", ")
      throw UserError(
        "--on \(condition.text): expected the name of one of the network's \(count) classes, found '\(condition.label)'; "
          + (near.isEmpty
            ? "no name is near it: mobilecam classify PICTURE tells what one is called" : "near it: \(near)"))
    }
  }

  private static func plain(_ text: String) -> String {
    text.lowercased().split { $0.isWhitespace || $0 == "_" }.joined(separator: " ")
  }

  /// How many letters must be put in, left out or changed (Levenshtein).
  private static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var above = Array(0...b.count)
    for (row, letter) in a.enumerated() {
      var corner = above[0]
      above[0] = row + 1
      for column in b.indices {
        let changed = corner + (letter == b[column] ? 0 : 1)
        corner = above[column + 1]
        above[column + 1] = min(changed, corner + 1, above[column] + 1)
      }
    }
    return above[b.count]
  }
}
