import Model
import ModelFiles
import Platform

/// Where weights are looked for: what `--weights` names, then where weights are installed, then the program's own assets.
public struct WeightPlaces: Sendable {
  /// In the order in which they are asked.
  public let collections: [WeightCollection]
  /// What `--weights` names.
  private let given: WeightCollection?
  /// The path of `--weights` where it is one file: its α is then the only one.
  public let onlyFile: String?

  /// What `--weights` says where none are to be read.
  public static let random = "random"

  /// - Parameters:
  ///   - weights: `--weights`; `random` for none at all.
  ///   - assets: the program's own folder, if there is one.
  /// - Throws: `UserError` if `--weights` names nothing usable.
  public init(weights: String?, assets: String?) throws {
    guard weights != Self.random else {
      (collections, given, onlyFile) = ([], nil, nil)
      return
    }
    onlyFile = weights.flatMap { Folder.exists($0) ? nil : $0 }
    given = try weights.map { try WeightCollection(path: $0) }
    var collections = given.map { [$0] } ?? []
    if onlyFile == nil {
      collections += Self.usual(assets: assets).compactMap { try? WeightCollection(path: $0) }
    }
    self.collections = collections
  }

  /// Where weights are looked for that nobody named.
  public static func usual(assets: String?) -> [String] {
    [installDirectory] + (assets.map { [$0 + "/weights"] } ?? [])
  }

  /// Where `weights install` puts files.
  public static var installDirectory: String { MappedFile.installFolder }

  public var files: [WeightFileDescription] { collections.flatMap(\.files) }

  /// Whether the user named a file, or the folder that it is in.
  public func isGiven(_ file: WeightFileDescription) -> Bool { given?.files.contains(file) ?? false }

  /// Whether the user named any.
  public var hasGiven: Bool { given != nil }

  /// The precision that the weights which the user named are made for.
  public var defaultPrecision: Precision { given.map { $0.files.allSatisfy(\.isQuantized) } == true ? .int8 : .fp32 }

  /// The file that a configuration runs on; `nil` where that is random weights. One that was made for the precision comes
  /// before others, but what the user named comes first of all. Where there is none of its α, it is the widest that can be
  /// widened to it (`WidenedWeights`): then `widenedFrom` is the file's α.
  public func file(_ configuration: Configuration) -> WeightFileDescription? {
    let isQuantized = configuration.precision == .int8
    func best(_ collections: [WeightCollection], _ alpha: Alpha, quantized: Bool) -> WeightFileDescription? {
      collections.lazy.compactMap {
        $0.best(alpha: alpha, resolution: configuration.resolution, quantized: quantized)
      }.first
    }
    for collections in [given.map { [$0] } ?? [], collections] {
      if let file = best(collections, configuration.alpha, quantized: isQuantized)
        ?? best(collections, configuration.alpha, quantized: !isQuantized)
      {
        return file
      }
    }
    guard onlyFile == nil else { return nil }
    let narrower = Alpha.allCases.sorted(by: >).filter {
      WidenedWeights.factor(from: $0, to: configuration.alpha) != nil
    }
    // Float ones: widening comes before rounding.
    return narrower.lazy.compactMap { alpha in
      [false, true].lazy.compactMap { best(collections, alpha, quantized: $0) }.first { $0.isTrained }
    }.first
  }
}

extension WeightFileDescription {
  /// The α whose weights are widened where this file is what `configuration` runs on; `nil` where they are its own.
  public func widened(for configuration: Configuration) -> Alpha? { alpha == configuration.alpha ? nil : alpha }
}
