import Model

/// One official MobileNet V1 archive and what its authors published of it.
public struct PublishedModel: Sendable, Hashable {
  public let alpha: Alpha
  /// Side of the input in pixels that it was trained and measured at.
  public let resolution: Int
  public let isQuantized: Bool
  /// As printed there, slips included (`Architecture.multAdds` is ours): 317 for α = 0.75 at 224, 34 for 0.25 at 192.
  public let multAddsMillion: Int
  public let parametersMillion: Double
  /// Per cent of the ImageNet validation set.
  public let top1Percent: Double
  public let top5Percent: Double
  /// SHA-256 of the archive, 64 lower-case hexadecimal digits.
  public let sha256: String

  /// `mobilenet_v1_0.25_128_quant`: also the name of the `.tflite` file inside the archive.
  public var name: String { "mobilenet_v1_\(alpha.name)_\(resolution)\(isQuantized ? "_quant" : "")" }

  /// Path below `Catalogue.downloadRoot`.
  public var archivePath: String { "mobilenet_v1_2018_\(isQuantized ? "08_02" : "02_22")/\(name).tgz" }
}

/// The 32 official MobileNet V1 archives: float32 and quantized, every α and resolution of the paper.
///
/// Source of the figures: TensorFlow models, `research/slim/nets/mobilenet_v1.md`; hashes: of the archives it links to.
public enum Catalogue {
  public static let downloadRoot = "https://download.tensorflow.org/models/"

  /// Float first, then quantized; α and resolution falling.
  public static let models: [PublishedModel] =
    float.map { model($0, isQuantized: false) } + quantized.map { model($0, isQuantized: true) }

  /// What was published for exactly this configuration; `nil` for resolutions that nobody published.
  public static func published(alpha: Alpha, resolution: Int, quantized: Bool = false) -> PublishedModel? {
    models.first { $0.alpha == alpha && $0.resolution == resolution && $0.isQuantized == quantized }
  }

  /// The same by what runs: the quantized archive's for int8.
  public static func published(_ configuration: Configuration) -> PublishedModel? {
    published(
      alpha: configuration.alpha, resolution: configuration.resolution, quantized: configuration.precision == .int8)
  }

  /// α, resolution, million mult-adds, million parameters, top-1 %, top-5 %, SHA-256.
  private typealias Row = (Alpha, Int, Int, Double, Double, Double, String)

  private static func model(_ row: Row, isQuantized: Bool) -> PublishedModel {
    PublishedModel(
      alpha: row.0, resolution: row.1, isQuantized: isQuantized, multAddsMillion: row.2, parametersMillion: row.3,
      top1Percent: row.4, top5Percent: row.5, sha256: row.6)
  }

  private static let float: [Row] = [
    (.one, 224, 569, 4.24, 70.9, 89.9, "1ccb74dbd9c5f7aea879120614e91617db9534bdfaa53dfea54b7c14162e126b"),
    (.one, 192, 418, 4.24, 70.0, 89.2, "ad683fb270cd1b0f49c820c4acf5fcbbfa546ae354b1345a4fff5f19f99d7c44"),
    (.one, 160, 291, 4.24, 68.0, 87.7, "1f612ebeda0e7e149897273c445b790ca8924a8a1488e6a61d36166a562fd89c"),
    (.one, 128, 186, 4.24, 65.2, 85.8, "d16f3102c1cb087eacf94c6a5abf0477767158fb891b2710409472bca4d988a8"),
    (.threeQuarters, 224, 317, 2.59, 68.4, 88.2, "bf61b3ce7ca2d045bb35fa6ab9a68732e3531291266db4a8c7715227d7425657"),
    (.threeQuarters, 192, 233, 2.59, 67.2, 87.3, "3d91d279cd06c055500aabdff8dfbd51a63797c7bb6b3f9a39e243f7c13997e9"),
    (.threeQuarters, 160, 162, 2.59, 65.3, 86.0, "90b3f26406a89df489373358aa89d9db7bcb66d2400160f16f3687f79e4f66b2"),
    (.threeQuarters, 128, 104, 2.59, 62.1, 83.9, "54a28065f6f230d0b71cf8fbbc50bbb89b4fdfada8e7e2a622da68b971d5ab97"),
    (.half, 224, 150, 1.34, 63.3, 84.9, "0eb9be8d18dcf9466a2a2d2157e71c83cd70dc168255d76d72bfe965318db725"),
    (.half, 192, 110, 1.34, 61.7, 83.6, "57c81cc48349d1079377f8cdeed3f017500aeb98a12f16c6ed2086a50848ecb6"),
    (.half, 160, 77, 1.34, 59.1, 81.9, "fb01b76ca1fb053e5f98d297e21c6c53d0d9f6a8b02ad2e88ac22b33b2adf729"),
    (.half, 128, 49, 1.34, 56.3, 79.4, "5a0def0d844327526385b110cdcaa6428d0828ff6d07515ef25bf3976e049d88"),
    (.quarter, 224, 41, 0.47, 49.8, 74.2, "eee166d4d1de004e2ee5de19a4f5045574d764ef59569dc284545f805a295074"),
    (.quarter, 192, 34, 0.47, 47.7, 72.3, "4889d7afabc31011f5218f6111532947ff7d5b6b9368afe1f152c67c6f30ea73"),
    (.quarter, 160, 21, 0.47, 45.5, 70.3, "8eb4540af0227e5e59849c41ca6da6f07e257cca887ec0f8cd33aeb46f1405cf"),
    (.quarter, 128, 14, 0.47, 41.5, 66.3, "34c52de7562259f66399993ef5ea222cc625d2e6f6f886a01fdc6cc99a0c7ee6"),
  ]

  private static let quantized: [Row] = [
    (.one, 224, 569, 4.24, 70.1, 88.9, "d32432d28673a936b2d6281ab0600c71cf7226dfe4cdcef3012555f691744166"),
    (.one, 192, 418, 4.24, 69.2, 88.3, "b87b20c784e756fb52e265cc31fbea5b3236c9a001205bc24ed27985875b4559"),
    (.one, 160, 291, 4.24, 67.2, 86.7, "b5c9da0d5215a1c1faab313f88ba0a900ac199c7af45f559ab65c63b0649bee1"),
    (.one, 128, 186, 4.24, 63.4, 84.2, "29aec24c721329b83ff667195431ff9151362ba1854dfc8852d03aef5ac40def"),
    (.threeQuarters, 224, 317, 2.59, 66.8, 87.0, "6c40604a53edb295e6fd72ead340759db63a2e4d930593610f4d09efe17aa9b7"),
    (.threeQuarters, 192, 233, 2.59, 66.1, 86.4, "8dc64937bd9f35dcf8d3baa16b8eda47e2473c3af51641bf309d1ed2b1a355af"),
    (.threeQuarters, 160, 162, 2.59, 62.3, 83.8, "ed023a21c1fbb062a4777056f79910aab6137c9a83655317020faed6ad0ca738"),
    (.threeQuarters, 128, 104, 2.59, 55.8, 78.8, "14cd0b9c5cde26272c68ecc50de054979663e28fb1fd0348166d408a8b45538f"),
    (.half, 224, 150, 1.34, 60.7, 83.2, "f61c28ab322a3ef441341431d33732ef79dfbf03ebc00769c12e5843573b2e9c"),
    (.half, 192, 110, 1.34, 60.0, 82.2, "b3b7aca2599c9a09f7ebeb3f624fc51bc4897b9356950b67a5f11c65666dab3d"),
    (.half, 160, 77, 1.34, 57.7, 80.4, "036ff1a53180f844ee629ae5846c2b18dfa94371c51c44016c70dc9688a34d31"),
    (.half, 128, 49, 1.34, 54.5, 77.7, "0a5b18571d3df4d85a5ac6cb5be829d141dd5855243ea04422ca7d19f730a506"),
    (.quarter, 224, 41, 0.47, 48.0, 72.8, "be8131a23c93a83d7d0b1875ac34aa2e06319aef377f89dc6be2e8f10a0589ca"),
    (.quarter, 192, 34, 0.47, 46.0, 71.2, "33f4ca5c5c7fb70f81a23ec06a884482ddcf5d26e32e4211781e110afb7a0877"),
    (.quarter, 160, 21, 0.47, 43.4, 68.5, "8aba0b905df472d994c1d923efa743c7dfe182df579e0440b8e78c8f714ddc98"),
    (.quarter, 128, 14, 0.47, 39.5, 64.4, "40230cd1a429a20cfd648f08f72b6d554ca8f4bff838341cb8210bd167962c0e"),
  ]
}
