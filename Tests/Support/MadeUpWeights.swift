import Model

/// What weight files for tests hold.
package enum MadeUpWeights {
  /// Value of element `index` of a kernel or bias: small, exact in float32, different for each layer.
  package static func value(_ name: String, _ index: Int) -> Float {
    let salt = name.utf8.reduce(0) { ($0 * 31 + Int($1)) % 8191 }
    return Float((index * 37 + salt) % 251 - 125) / 64
  }
}
