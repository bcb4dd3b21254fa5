/// Copies out of raw bytes that need not be aligned. Bounds were proved by the reader that calls them.

/// `count` values that start at `offset`.
/// - Precondition: the range lies inside `bytes`.
func copyArray<T: BitwiseCopyable>(_ type: T.Type, from bytes: UnsafeRawBufferPointer, at offset: Int, count: Int)
  -> [T]
{
  let byteCount = count * MemoryLayout<T>.stride
  precondition(offset >= 0 && count >= 0 && byteCount <= bytes.count - offset)
  return [T](unsafeUninitializedCapacity: count) { buffer, initialized in
    UnsafeMutableRawBufferPointer(buffer).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + byteCount]))
    initialized = count
  }
}

/// A matrix `[rows, columns]` at `offset`, transposed into `[columns, rows]`, every value passed through `convert`.
/// - Precondition: the range lies inside `bytes`.
@inline(__always)
func transposedArray<T: BitwiseCopyable, U: BitwiseCopyable>(
  _ type: T.Type, from bytes: UnsafeRawBufferPointer, at offset: Int, rows: Int, columns: Int, convert: (T) -> U
) -> [U] {
  let count = rows * columns
  precondition(offset >= 0 && count >= 0 && count * MemoryLayout<T>.stride <= bytes.count - offset)
  guard count > 0, let base = bytes.baseAddress else { return [] }
  let source = base + offset
  // Tiles of 16 × 16 keep both sides in the first-level cache: a plain double loop misses on every value of one of them.
  let tile = 16
  return [U](unsafeUninitializedCapacity: count) { buffer, initialized in
    let target = buffer.baseAddress!
    for rowStart in stride(from: 0, to: rows, by: tile) {
      let rowEnd = min(rowStart + tile, rows)
      for columnStart in stride(from: 0, to: columns, by: tile) {
        let columnEnd = min(columnStart + tile, columns)
        for column in columnStart..<columnEnd {
          for row in rowStart..<rowEnd {
            let value = source.loadUnaligned(
              fromByteOffset: (row &* columns &+ column) &* MemoryLayout<T>.stride, as: T.self)
            (target + (column &* rows &+ row)).initialize(to: convert(value))
          }
        }
      }
    }
    initialized = count
  }
}

/// Index of the first of `count` float32 values at `offset` that is NaN or infinite; `nil` if all are finite.
/// - Precondition: the range lies inside `bytes`.
func firstNonFinite(in bytes: UnsafeRawBufferPointer, at offset: Int, count: Int) -> Int? {
  precondition(offset >= 0 && count >= 0 && count * 4 <= bytes.count - offset)
  guard count > 0, let base = bytes.baseAddress else { return nil }
  let source = base + offset
  let infinity = Float.infinity.bitPattern
  // A maximum without branches over the magnitudes' bit patterns, which order as the magnitudes do, NaN on top: the
  // compiler makes vector code of it.
  var largest: UInt32 = 0
  for index in 0..<count {
    largest = max(largest, source.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self) & 0x7fff_ffff)
  }
  guard largest >= infinity else { return nil }
  return (0..<count).first {
    source.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) & 0x7fff_ffff >= infinity
  }
}
