// Every kernel on the layer shapes of every α and resolution of the paper: first whether it is right, then how fast.
//
// One thread. A time is the shortest of many rounds. Bytes are those of input, weights and output, each counted once.
//
// Usage: kernel-bench [ISA…]   (all that this machine has unless named; MOBILECAM_ISA is not looked at)

import Glibc
import Kernels
import MobileNet
import Model

/// A layer's shape, without its name: what the kernels see.
struct Shape: Hashable {
  var kind: Architecture.Kind
  var side: Int
  var inputChannels: Int
  var outputChannels: Int
  var stride: Int

  var multAdds: Int {
    let pixels = side / stride * (side / stride)
    switch kind {
    case .convolution: return pixels * 27 * outputChannels
    case .depthwise: return pixels * 9 * outputChannels
    default: return pixels * inputChannels * outputChannels
    }
  }

  var name: String {
    "\(kind.rawValue) \(side)×\(side)×\(inputChannels) → \(outputChannels)" + (stride == 2 ? " stride 2" : "")
  }

  /// conv1, depthwise and pointwise layers, and the classifier, of all networks, each shape once.
  static let all: [Shape] = {
    var seen = Set<Shape>()
    var shapes: [Shape] = []
    for alpha in Alpha.allCases.reversed() {
      for resolution in Architecture.paperResolutions {
        for layer in Architecture(alpha: alpha, resolution: resolution).layers where layer.multAdds > 0 {
          let shape = Shape(
            kind: layer.kind, side: layer.inputSide, inputChannels: layer.inputChannels,
            outputChannels: layer.outputChannels, stride: layer.stride)
          if seen.insert(shape).inserted { shapes.append(shape) }
        }
      }
    }
    return shapes
  }()
}

let wanted = CommandLine.arguments.dropFirst()
let tables = InstructionSets.available.filter { wanted.isEmpty || wanted.contains($0.name) }
guard !tables.isEmpty else {
  print("kernel-bench: expected some of \(InstructionSets.available.map(\.name)), found \(Array(wanted))")
  exit(2)
}

func column(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(1, width - text.count)) + text
}
func tenths(_ x: Double) -> String {
  let n = Int((x * 10).rounded())
  return "\(n / 10).\(n % 10)"
}

print("GFLOP/s (GB/s) of one thread; \(Shape.all.count) shapes")
print("shape" + String(repeating: " ", count: 51) + tables.map { column($0.name, 18) }.joined())
var wrong = 0
for shape in Shape.all {
  var line = shape.name + String(repeating: " ", count: max(1, 56 - shape.name.count))
  let trial = KernelTrial(shape)
  for table in tables {
    let result = trial.run(table)
    if !(result.error <= result.tolerance) {
      wrong += 1
      line += column("WRONG by \(result.error)", 18)
    } else {
      let gflops = 2 * Double(shape.multAdds) / result.nanoseconds
      line += column("\(tenths(gflops)) (\(tenths(Double(result.bytes) / result.nanoseconds)))", 18)
    }
  }
  print(line)
}
if wrong > 0 {
  print("\(wrong) results were wrong")
  exit(1)
}
