import Model
import ModelFiles
import Platform

/// A network ready to run at one α, resolution, precision and number of threads: what the rest of the program knows of it.
///
/// One thread at a time may use a network. Nothing is allocated by `run`.
public protocol RunnableNetwork: AnyObject {
  var architecture: Architecture { get }
  var precision: Precision { get }
  /// The instruction set of its kernels.
  var kernelsName: String { get }
  /// What is known of its weights.
  var facts: WeightFacts { get }
  var team: WorkerTeam { get }
  /// Names of its classes: numbers, until somebody knows them.
  var labels: Labels { get set }

  /// Sets the input: `[resolution, resolution, 3]` bytes, RGB.
  func setInput(pixels: UnsafePointer<UInt8>)
  /// Sets the input from a frame, `[height, width, 3]` bytes, RGB: cropped, resized, normalised.
  func setInput(frame: UnsafeRawBufferPointer, width: Int, height: Int, with preprocessor: Preprocessor)
  /// Runs the network on its input.
  func run()

  /// Softmax outputs `[classCount]` of the last run, in the weights' own numbering.
  var probabilities: UnsafeBufferPointer<Float> { get }
  /// The network's time of the last run.
  var total: Nanoseconds { get }
  /// Time of each layer of `architecture.layers` in the last run.
  var layerTimes: [Nanoseconds] { get }
  /// Of the team's threads, how many the last run asked for: fewer where the machine gives their cores to other programs (`Parallelism`).
  var workers: Int { get }
  /// Off, `run` measures `total` alone: what the layers' times cost is the difference.
  var timesLayers: Bool { get set }
  /// What of `total` no layer accounts for: waking the workers, reading clocks.
  var unaccounted: Nanoseconds { get }

  /// Where the network looked for a class in the last run (class activation mapping: Zhou et al., 2016, arXiv 1512.04150):
  /// the class's weights times the last feature map, pixel by pixel. Their mean is the class's logit without bias.
  /// - Parameters:
  ///   - classIndex: as `labels` counts them.
  ///   - map: becomes `[activationSide, activationSide]`; allocated only when it grows.
  func activationMap(class classIndex: Int, into map: inout [Float])

  /// The features of the last run, as `fc` reads them: the mean of each channel of the last feature map, 0 … 6.
  /// - Parameter features: becomes `[featureCount]`; allocated only when it grows.
  func copyFeatures(into features: inout [Float])
}

extension RunnableNetwork {
  /// Pixels on a side of the last feature map: 7 at 224.
  public var activationSide: Int { architecture.resolution / Architecture.resolutionStep }
  /// Channels of the last feature map: 256 at α = 0.25, 1024 at α = 1.
  public var featureCount: Int { architecture.featureCount }

  public var configuration: Configuration {
    Configuration(
      alpha: architecture.alpha, resolution: architecture.resolution, precision: precision, threads: team.count)
  }
}
