import MobileNet
import Model

/// A table of the paper (Howard et al., 2017, arXiv 1704.04861), as printed there.
struct PaperTable {
  struct Row {
    let configuration: Configuration
    /// Per cent of the ImageNet validation set.
    let top1Percent: Double
    let multAddsMillion: Int
  }

  let title: String
  let rows: [Row]

  static let all = [
    PaperTable(
      title: "Table 6: MobileNet width multiplier",
      rows: [
        row(.one, 224, 70.6, 569), row(.threeQuarters, 224, 68.4, 325), row(.half, 224, 63.7, 149),
        row(.quarter, 224, 50.6, 41),
      ]),
    PaperTable(
      title: "Table 7: MobileNet resolution",
      rows: [
        row(.one, 224, 70.6, 569), row(.one, 192, 69.1, 418), row(.one, 160, 67.2, 290), row(.one, 128, 64.4, 186),
      ]),
  ]

  private static func row(_ alpha: Alpha, _ resolution: Int, _ top1: Double, _ multAdds: Int) -> Row {
    Row(
      configuration: Configuration(alpha: alpha, resolution: resolution), top1Percent: top1, multAddsMillion: multAdds)
  }
}
