import Pixels

/// Colours the preview by where the network looked: hot parts towards red and yellow, the rest of the crop darker.
struct Tint {
  /// Steps of heat: in fewer colours than the map has values, so that a flicker of the map costs no bytes.
  static let steps = 6

  private let values: [Float]
  private let side: Int
  private let low: Float
  private let span: Float
  private let isMirrored: Bool
  private let isFlipped: Bool
  /// The crop in cells of the picture's place.
  private let cropX, cropY, cropWidth, cropHeight: Float
  private let width: Int
  private let height: Int

  /// `nil` where there is nothing to tint: no crop, or a flat map.
  init?(_ activation: Snapshot.Activation, _ snapshot: Snapshot, width: Int, height: Int) {
    let image = snapshot.preview
    guard let crop = snapshot.crop, activation.side > 0, activation.values.count == activation.side * activation.side,
      let least = activation.values.min(), let most = activation.values.max(), most > least
    else { return nil }
    values = activation.values
    side = activation.side
    low = least
    span = most - least
    isMirrored = snapshot.options.isMirrored
    isFlipped = snapshot.options.isFlipped
    self.width = width
    self.height = height
    let (perColumn, perRow) = (Float(width) / Float(image.sourceWidth), Float(height) / Float(image.sourceHeight))
    cropX = Float(crop.x) * perColumn
    cropY = Float(crop.y) * perRow
    cropWidth = Float(crop.side) * perColumn
    cropHeight = Float(crop.side) * perRow
  }

  /// 0 … `steps` at a cell; `nil` outside the crop, which the network did not see.
  func heat(x: Int, y: Int) -> Int? {
    let column = isMirrored ? width - 1 - x : x
    let row = isFlipped ? height - 1 - y : y
    let u = (Float(column) + 0.5 - cropX) / cropWidth
    let v = (Float(row) + 0.5 - cropY) / cropHeight
    guard u >= 0, u < 1, v >= 0, v < 1 else { return nil }
    return Int((interpolated(u, v) * Float(Self.steps)).rounded())
  }

  /// Between the centres of the map's pixels, 0…1.
  private func interpolated(_ u: Float, _ v: Float) -> Float {
    let top = Float(side - 1)
    let (x, y) = (min(max(u * Float(side) - 0.5, 0), top), min(max(v * Float(side) - 0.5, 0), top))
    let (column, row) = (min(Int(x), max(side - 2, 0)), min(Int(y), max(side - 2, 0)))
    let (fx, fy) = (x - Float(column), y - Float(row))
    func at(_ column: Int, _ row: Int) -> Float { values[min(row, side - 1) * side + min(column, side - 1)] }
    let upper = at(column, row) * (1 - fx) + at(column + 1, row) * fx
    let lower = at(column, row + 1) * (1 - fx) + at(column + 1, row + 1) * fx
    return (upper * (1 - fy) + lower * fy - low) / span
  }

  func apply(to cell: inout Cell, x: Int, y: Int) {
    guard let heat = heat(x: x, y: y) else { return }
    cell.foreground = tinted(cell.foreground, heat)
    if cell.background != .default { cell.background = tinted(cell.background, heat) }
    // Where there are no colours, brightness has to say it.
    if heat <= 2 { cell.style.insert(.dim) } else if heat >= 5 { cell.style.insert(.bold) }
  }

  private func tinted(_ color: Color, _ heat: Int) -> Color {
    guard let (red, green, blue) = color.components else {
      return heat >= 5 ? .red : heat >= 4 ? .yellow : color
    }
    // Cold: darker and grey. Hot: as bright as it was, a third of it orange, then red.
    let grey = luminance(red, green, blue)
    let part = heat <= 2 ? 0 : 20 + 20 * (heat - 2)
    let light = heat <= 2 ? 110 + 30 * heat : 256
    let target = heat >= 5 ? (255, 30, 0) : (255, 140, 0)
    func mix(_ value: Int, _ target: Int) -> UInt8 {
      let base = heat <= 2 ? (value + grey) / 2 * light / 256 : value
      return UInt8(min((base * (256 - part) + target * part) / 256, 255))
    }
    return .rgb(mix(red, target.0), mix(green, target.1), mix(blue, target.2))
  }
}
