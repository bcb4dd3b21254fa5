import MobileNet
import TestSupport
import Testing

/// TFLite files that are not MobileNet V1, or broken: each message names what was found where what was expected.
struct TFLiteFaultTests {
  struct Fault: Sendable {
    let kind: TFLiteFixture.Kind
    let why: String
    let make: @Sendable (inout TFLiteFixture) -> Void
    init(_ kind: TFLiteFixture.Kind, _ why: String, _ make: @escaping @Sendable (inout TFLiteFixture) -> Void) {
      self.kind = kind
      self.why = why
      self.make = make
    }
  }

  private static let notOurs = "it is not MobileNet V1: "

  static let faults: [Fault] = [
    Fault(.float, "it is TFLite version 4: expected 3") { $0.version = 4 },
    Fault(.float, notOurs + "expected DEPTHWISE_CONV_2D for 'dw2', found ADD") { $0.operators[3].code = 0 },
    Fault(.int8, notOurs + "expected CONV_2D for 'pw2', found PAD") { $0.operators[$0.operatorIndex(4)].code = 34 },
    Fault(
      .float,
      notOurs + "its ADD joins the outputs of two layers, as MobileNet V2 and other residual networks do"
    ) {
      $0.operators[4].code = 0
      $0.operators[4].inputs = [$0.operators[3].outputs[0], $0.operators[2].outputs[0]]
    },
    Fault(.float, notOurs + "it has HARD_SWISH, as MobileNet V3 does") { $0.operators[4].code = 117 },
    Fault(.float, notOurs + "it is a detection model ('TFLite_Detection_PostProcess')") {
      $0.operators[30].code = 32
      $0.customName = "TFLite_Detection_PostProcess"
    },
    Fault(.float, notOurs + "it needs TensorFlow's own operators ('FlexErf')") {
      $0.operators[30].code = 32
      $0.customName = "FlexErf"
    },
    Fault(.float, notOurs + "it has 2 outputs, as detection models do, expected 1") {
      $0.outputs = [$0.output, $0.output]
    },
    Fault(
      .float,
      "'conv1' pads its image by 1 on all sides before a stride of 2, as PyTorch does: expected TensorFlow's SAME padding, "
        + "0 before and 1 after. A network trained so looks at other pixels and cannot be run as this one"
    ) { $0.padApart(before: 1, after: 1) },
    Fault(.float, notOurs + "expected a PAD of 0, 1, 0, 1 (top, bottom, left, right) at 'conv1', found 0, 2, 0, 2") {
      $0.padApart(before: 0, after: 2)
    },
    Fault(
      .float,
      "the constant of MUL in front of 'conv1' has shape [1, 1, 1, 2]: expected one number, or one for each colour"
    ) { $0.precede(18, by: [1, 2]) },
    Fault(.float, "its operators in front of 'conv1' (MUL) give no image") { $0.precede(18, by: [0]) },
    Fault(.float, "its metadata's means or deviations of the input are none: expected finite numbers") {
      $0.metadata = TFLiteFixture.metadata(mean: [0], deviation: [0], labels: "")
    },
    Fault(.float, notOurs + "expected AVERAGE_POOL_2D or MEAN for 'pool', found MAX_POOL_2D") {
      $0.operators[27].code = 17
    },
    Fault(.float, notOurs + "expected SOFTMAX for 'softmax', found LOGISTIC") { $0.operators[30].code = 14 },
    Fault(.float, notOurs + "expected CONV_2D for 'conv1', found DEPTHWISE_CONV_2D") {
      let first = $0.operators[0].inputs[0]
      $0.operators[1].inputs[0] = first
    },
    Fault(.float, notOurs + "expected DEPTHWISE_CONV_2D for 'dw13', found AVERAGE_POOL_2D") {
      // A shorter network: block 13 is missing.
      $0.operators[27].code = 1
      $0.operators[27].inputs = [$0.operators[24].outputs[0]]
    },
    Fault(.float, notOurs + "no path of operators leads from its input to its output") {
      $0.operators[5].inputs[0] = 9999
    },
    Fault(.float, notOurs + "its operators form a loop") { $0.operators[0].inputs[0] = $0.operators[4].outputs[0] },
    Fault(.float, notOurs + "expected stride 2 at 'dw2', found 1 × 1") {
      $0.operators[3].options[1] = .int32(1)
      $0.operators[3].options[2] = .int32(1)
    },
    Fault(.float, notOurs + "expected SAME padding at 'conv1', found VALID") { $0.operators[0].options[0] = .int8(1) },
    Fault(.float, notOurs + "expected RELU6 at 'pw1', found RELU") { $0.operators[2].options[3] = .int8(1) },
    Fault(.float, notOurs + "expected RELU6 at 'dw1', found no activation") { $0.operators[1].options[4] = .int8(0) },
    Fault(.int8, notOurs + "expected no activation at 'fc', found RELU6") {
      // The reshape stands between pool and fc.
      $0.operators[$0.operatorIndex(29)].options[0] = .int8(3)
    },
    Fault(.float, notOurs + "expected no dilation at 'dw1', found 2 × 2") {
      $0.operators[1].options[5] = .int32(2)
      $0.operators[1].options[6] = .int32(2)
    },
    Fault(.float, notOurs + "expected depth multiplier 1 at 'dw1', found 2") { $0.operators[1].options[3] = .int32(2) },
    Fault(.uint8, notOurs + "expected a pool of 7 × 7 at 'pool', found 5 × 7") {
      $0.operators[27].options[4] = .int32(5)
    },
    Fault(.float, notOurs + "expected a MEAN over height and width for 'pool'") {
      $0.tensors[$0.operators[27].inputs[1]].data = [1, 0, 0, 0, 3, 0, 0, 0]
    },
    Fault(.float, notOurs + "its SOFTMAX has beta 0.5, expected 1") { $0.operators[30].options[0] = .float(0.5) },
    Fault(.float, notOurs + "'pw1' has 1 inputs, expected 2, or 3 with a bias") {
      $0.operators[2].inputs.removeLast(2)
    },
    Fault(
      .float,
      notOurs + "the kernel of 'conv1' has shape [10, 3, 3, 3], expected [C, 3, 3, 3] with C = 8, 16, 24 or 32"
    ) { $0.tensors[$0.operators[0].inputs[1]].shape = [10, 3, 3, 3] },
    Fault(
      .float,
      "it is not MobileNet V1 at α = 0.25: the kernel of 'pw1' has shape [16, 1, 1, 16], expected [16, 1, 1, 8]"
    ) { $0.tensors[$0.operators[2].inputs[1]].shape = [16, 1, 1, 16] },
    Fault(.float, "it is not MobileNet V1 at α = 0.25: the bias of 'pw1' has shape [8], expected [16]") {
      $0.tensors[$0.operators[2].inputs[2]].shape = [8]
    },
    Fault(.float, "it has 1 classes: expected 2 to 32768") {
      $0.tensors[$0.operators[28].inputs[1]].shape = [1, 1, 1, 256]
    },
    Fault(
      .float,
      "the kernel of 'fc' is FLOAT32 in 1024000 bytes: expected FLOAT32, FLOAT16, UINT8, INT8 of shape [10, 1, 1, 256] in the "
        + "file"
    ) { $0.tensors[$0.operators[28].inputs[1]].shape = [10, 1, 1, 256] },
    Fault(.float, "its input has shape [1, 224, 192, 3]: expected [1, S, S, 3], for S a multiple of 32 from 32 to 320")
    {
      $0.tensors[0].shape = [1, 224, 192, 3]
    },
    Fault(
      .float,
      "the kernel of 'pw1' is FLOAT16 in 512 bytes: expected FLOAT32, FLOAT16, UINT8, INT8 of shape [16, 1, 1, 8] in the file"
    ) { $0.tensors[$0.operators[2].inputs[1]].type = 1 },
    Fault(.float, "the kernel of 'pw2' holds NaN or infinity (value 2): expected finite weights") {
      $0.tensors[$0.operators[4].inputs[1]].data.replaceSubrange(8..<12, with: [0, 0, 0xc0, 0x7f])
    },
    Fault(.float, "the bias of 'fc' holds NaN or infinity (value 0): expected finite weights") {
      $0.tensors[$0.operators[28].inputs[2]].data.replaceSubrange(0..<4, with: [0, 0, 0x80, 0xff])
    },
    Fault(.uint8, "the kernel of 'dw1' has no scale") { $0.tensors[$0.operators[1].inputs[1]].scales = [] },
    Fault(.uint8, "the kernel of 'dw1' has a scale that is no number above 0") {
      $0.tensors[$0.operators[1].inputs[1]].scales = [.nan]
    },
    Fault(.uint8, "the output of 'dw1' has zero point 256: expected 0 to 255") {
      $0.tensors[$0.operators[1].outputs[0]].zeroPoints = [256]
    },
    Fault(
      .int8,
      "the kernel of 'dw1' has 8 scales along dimension 0: expected 1, or 8 along dimension 3 with zero points 0"
    ) { $0.tensors[$0.operators[$0.operatorIndex(1)].inputs[1]].dimension = 0 },
    Fault(.uint8, "the bias of 'pw1' has scale 0.5: expected 0.0004705882339793091") {
      $0.tensors[$0.operators[2].inputs[2]].scales = [0.5]
    },
    Fault(.uint8, "the bias of 'pw1' overflows: expected at most 2^30") {
      $0.tensors[$0.operators[2].inputs[2]].data.replaceSubrange(0..<4, with: [0, 0, 0, 0x80])
    },
    Fault(.uint8, "its logits change their scale between 'fc' and 'softmax': expected the same") {
      $0.tensors[$0.operators[30].inputs[0]].scales = [0.5]
    },
    Fault(.uint8, "the kernel of 'pw1' is INT8: expected UINT8 as 'conv1' has") {
      $0.tensors[$0.operators[2].inputs[1]].type = 9
    },
  ]

  @Test(arguments: faults.indices)
  func faultsAreNamed(_ index: Int) {
    let fault = Self.faults[index]
    var fixture = TFLiteFixture(fault.kind)
    fault.make(&fixture)
    #expect(
      WeightFixtures.message { _ = try WeightFixtures.load(fixture.bytes) }
        == "cannot use weights 'FILE': \(fault.why). \(WeightErrorTests.remedy)")
  }
}
