import Model
import ModelFiles
import Testing

/// Function-preserving widening: what each weight becomes. That the network says the same is tested on the program.
@Suite struct WidenedWeightsTests {
  private static let narrow = RandomWeights(alpha: .quarter)

  @Test func onlyWholeMultiplesCanBeMade() {
    let factors = Alpha.allCases.map { from in Alpha.allCases.map { WidenedWeights.factor(from: from, to: $0) } }
    #expect(factors == [[nil, 2, 3, 4], [nil, nil, nil, 2], [nil, nil, nil, nil], [nil, nil, nil, nil]])
    #expect(WidenedWeights(Self.narrow, to: .quarter) == nil)
  }

  @Test(arguments: [Alpha.half, .threeQuarters, .one])
  func everyChannelIsRepeatedAndDividedWhereItIsRead(alpha: Alpha) throws {
    let wide = try #require(WidenedWeights(Self.narrow, to: alpha))
    let factor = Int(alpha.rawValue * 4)
    let (facts, narrow) = (wide.facts, Self.narrow.facts)
    #expect(facts.alpha == alpha && facts.widenedFrom == .quarter && facts.classCount == narrow.classCount)
    for layer in wide.architecture.layers.filter(\.hasWeights) {
      let (made, from) = (try wide.layer(named: layer.name), try Self.narrow.layer(named: layer.name))
      #expect(made.kernel.count == layer.kernelShape.reduce(1, *) && made.bias.count == layer.outputChannels)
      let (columns, narrowColumns) = (layer.outputChannels, from.bias.count)
      let isRead = layer.kind == .pointwise || layer.kind == .fullyConnected
      let narrowRows = from.kernel.count / narrowColumns
      let isRight = made.kernel.indices.allSatisfy { index in
        let (row, column) = (index / columns % narrowRows, index % columns % narrowColumns)
        return made.kernel[index] == from.kernel[row * narrowColumns + column] * (isRead ? 1 / Float(factor) : 1)
      }
      #expect(isRight, "\(layer.name)")
      #expect(made.bias.indices.allSatisfy { made.bias[$0] == from.bias[$0 % narrowColumns] }, "\(layer.name)")
    }
  }
}
