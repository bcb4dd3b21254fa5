import Model
import Platform

/// The names of a network's classes, by class index: the number of the output, less one where output 0 is ImageNet's
/// 'background', which is no class.
public struct Labels: Sendable, Hashable {
  /// Of ImageNet.
  public static let count = 1000

  private let names: [String]
  /// Outputs before class 0: 1 where there is a background that is left out.
  public let background: Int

  /// Names without any, for those who only count.
  public static func numbered(outputs: Int) -> Labels {
    let background = Self.background(outputs)
    return Labels(names: (0..<outputs - background).map { "class \($0)" }, background: background)
  }

  private init(names: [String], background: Int) {
    self.names = names
    self.background = background
  }

  /// ImageNet's 1000 classes are often the last of 1001.
  public static func background(_ outputs: Int) -> Int { outputs == count + 1 ? 1 : 0 }
  /// Whether a network of so many outputs is taken for one of ImageNet's classes.
  public static func isImageNet(outputs: Int) -> Bool { outputs == count || outputs == count + 1 }

  /// As many names as there are outputs; a line for 'background' may be there that the network lacks, and the other way
  /// around with ImageNet's.
  public init?(fitting list: LabelList, outputs: Int) {
    let names = list.names
    let hasBackground = names.first.map(LabelList.isBackground) ?? false
    if names.count == outputs {
      let background = hasBackground ? Self.background(outputs) : 0
      self.init(names: Array(names.dropFirst(background)), background: background)
    } else if names.count == outputs + 1, hasBackground {
      self.init(names: Array(names.dropFirst()), background: 0)
    } else if names.count == Self.count, Self.background(outputs) == 1 {
      self.init(names: names, background: 1)
    } else {
      return nil
    }
  }

  /// - Throws: `UserError` where the file cannot be read, or has names for another number of outputs.
  public init(path: String, outputs: Int) throws {
    try self.init(LabelList(path: path), outputs: outputs)
  }

  /// - Throws: `UserError` where the list has names for another number of outputs.
  public init(_ list: LabelList, outputs: Int) throws {
    guard let labels = Labels(fitting: list, outputs: outputs) else {
      throw UserError(
        "cannot use labels '\(list.path)': expected \(outputs) names, one for each class of the network, or one more that "
          + "begin with 'background', found \(list.names.count)")
    }
    self = labels
  }

  /// By class index.
  public var all: [String] { names }

  /// - Precondition: 0 ≤ `classIndex` < the number of outputs less `background`.
  public func label(_ classIndex: Int) -> String { names[classIndex] }
}
