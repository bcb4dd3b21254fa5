import Platform

/// Three significant digits where there are digits after the point at all: `1.71`, `21.4`, `584`.
package func threeDigits(_ value: Double) -> String {
  let size = abs(value)
  return fixed(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0)
}

/// `76.5 M`, `1.32 M`, `950`.
package func metric(_ count: Int) -> String {
  let value = Double(count)
  if count >= 1_000_000_000 { return threeDigits(value / 1e9) + " G" }
  if count >= 1_000_000 { return (count >= 100_000_000 ? fixed(value / 1e6, 1) : threeDigits(value / 1e6)) + " M" }
  return count >= 10_000 ? threeDigits(value / 1e3) + " k" : "\(count)"
}
