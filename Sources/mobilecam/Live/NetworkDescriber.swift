import Frames
import Live
import MobileNet
import Model
import NetworkSelection
import Platform
import Synchronization
import Telemetry
import WeightInstaller

/// Says for logs what a configuration means: its layers, and the SHA-256 of the weights it runs on.
final class NetworkDescriber: Sendable {
  private let places: WeightPlaces
  /// By path. The lock is held while a file is read, so that nobody reads it twice.
  private let digests = Mutex<[String: String]>([:])

  init(store: NetworkStore) { places = store.places }

  /// Reads the weights on another thread, while the network is built from the same file: nobody has to wait for it later.
  func prepare(_ settings: Configuration) {
    // Where there is no thread for it, it is read when it is wanted.
    _ = try? SystemThread(name: "digest") { [self] in _ = describe(settings) }
  }

  /// What a log of a run begins with.
  func header(of source: SourceStatus, running view: InferenceState.View) -> RunHeader {
    var header = RunHeader(startingNow: Mobilecam.version)
    header.network = describe(view.configuration)
    header.isa = view.isa
    header.source = source.name
    header.format = source.format.isEmpty ? nil : source.format
    return header
  }

  func describe(_ configuration: Configuration) -> NetworkFacts {
    let file = places.file(configuration)
    let architecture = file.map {
      Architecture(alpha: configuration.alpha, resolution: configuration.resolution, classCount: $0.classCount)
    }
    return NetworkFacts(
      configuration: configuration, weightsSHA256: file.flatMap { digest(ofFile: $0.path) },
      widenedFrom: file?.widened(for: configuration),
      layers: (architecture ?? configuration.architecture).layers.map { LayerFacts($0) })
  }

  /// Unknown where the file went away meanwhile.
  private func digest(ofFile path: String) -> String? {
    digests.withLock { digests in
      if let known = digests[path] { return known }
      let digest = try? sha256(ofFile: path)
      digests[path] = digest
      return digest
    }
  }
}
