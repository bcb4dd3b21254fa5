import Foundation
import MobileNet
import Model
import ModelFiles
import TestSupport
import Testing

struct CatalogueTests {
  @Test func everyStandardConfigurationIsPublishedTwice() {
    #expect(Catalogue.models.count == 32)
    for alpha in Alpha.allCases {
      for resolution in Architecture.paperResolutions {
        let float = Catalogue.published(alpha: alpha, resolution: resolution)
        let quantized = Catalogue.published(alpha: alpha, resolution: resolution, quantized: true)
        // Published parameters are those of our table, in millions, rounded there to two digits.
        let parameters = Double(Architecture(alpha: alpha, resolution: resolution).parameters) / 1e6
        #expect(abs((float?.parametersMillion ?? 0) - parameters) < 0.02)
        #expect((quantized?.top1Percent ?? 100) < (float?.top1Percent ?? 0))
      }
    }
    #expect(Catalogue.published(alpha: .one, resolution: 256) == nil)
  }

  @Test func namesAndPathsAreThoseOfTheArchives() {
    let model = Catalogue.published(alpha: .quarter, resolution: 128, quantized: true)
    #expect(model?.archivePath == "mobilenet_v1_2018_08_02/mobilenet_v1_0.25_128_quant.tgz")
    #expect(model?.top1Percent == 39.5)
    #expect(
      Catalogue.published(alpha: .one, resolution: 224)?.archivePath
        == "mobilenet_v1_2018_02_22/mobilenet_v1_1.0_224.tgz")
  }

  /// The table as its CSV lists it: name, α, resolution, quantized, path, hash, mult-adds, parameters, top-1, top-5.
  @Test(.enabled(if: Reference.isUsable, "no reference data beside the checkout"))
  func theTableIsTheReferenceTable() throws {
    let text = try String(contentsOfFile: Reference.path("reference/official_weights.csv"), encoding: .utf8)
    let ours = Catalogue.models.map {
      "\($0.name),\($0.alpha.name),\($0.resolution),\($0.isQuantized ? "yes" : "no"),\($0.archivePath),\($0.sha256),"
        + "\($0.multAddsMillion),\($0.parametersMillion),\($0.top1Percent),\($0.top5Percent)"
    }
    #expect(ours == text.split(separator: "\n").dropFirst().map(String.init))
  }
}
