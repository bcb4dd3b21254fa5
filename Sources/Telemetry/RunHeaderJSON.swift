import Model

/// The run's header as one JSON object: a JSON Lines log's first line, a CSV log's sidecar, a trace's metadata. So too the
/// networks that the run switched to.
enum RunHeaderJSON {
  static func append(_ header: RunHeader, to line: LineBuffer) {
    line.append("{\"type\":\"run\",\"schema\":")
    line.append(integer: Int64(header.schema))
    append("run_id", header.runID, to: line)
    append("program_version", header.programVersion, to: line)
    append("build", header.build, to: line)
    line.append(",\"wall_anchor_us\":")
    line.append(thousandths: header.wallAnchorNanoseconds)
    line.append(",\"monotonic_anchor_us\":")
    line.append(thousandths: header.monotonicAnchorNanoseconds)
    append("cpu_model", header.cpuModel, to: line)
    append("kernel", header.kernel, to: line)
    append("governor", header.governor, to: line)
    append("cores", header.cores, to: line)
    append("isa", header.isa, to: line)
    append("source", header.source, to: line)
    append("format", header.format, to: line)
    append("terminal", header.terminal, to: line)
    appendNetwork(header.configuration, header.weightsSHA256, header.layers, to: line)
    line.append("}")
  }

  /// A network that the run switched to, as an object of its own.
  static func append(_ network: NetworkFacts, to line: LineBuffer) {
    line.append("{\"type\":\"network\"")
    appendNetwork(network.configuration, network.weightsSHA256, network.layers, to: line)
    line.append("}")
  }

  private static func appendNetwork(
    _ configuration: Configuration?, _ weights: String?, _ layers: [RunHeader.Layer], to line: LineBuffer
  ) {
    line.append(",\"alpha\":")
    line.append(fixed: configuration?.alpha.rawValue ?? .nan, places: 2, else: "null")
    append("resolution_px", configuration?.resolution, to: line)
    append("precision", configuration?.precision.rawValue, to: line)
    append("threads", configuration?.threads, to: line)
    append("weights_sha256", weights, to: line)
    line.append(",\"layers\":[")
    for (index, layer) in layers.enumerated() {
      line.append(index > 0 ? ",{\"index\":" : "{\"index\":")
      line.append(integer: Int64(index))
      append("name", layer.name, to: line)
      append("kind", layer.kind, to: line)
      append("input_shape", layer.inputShape, to: line)
      append("output_shape", layer.outputShape, to: line)
      append("mult_adds", layer.multAdds, to: line)
      line.append("}")
    }
    line.append("]")
  }

  private static func append(_ key: StaticString, _ value: Int?, to line: LineBuffer) {
    line.append(",\"")
    line.append(key)
    line.append("\":")
    if let value { line.append(integer: Int64(value)) } else { line.append("null") }
  }

  private static func append(_ key: StaticString, _ value: String?, to line: LineBuffer) {
    line.append(",\"")
    line.append(key)
    line.append("\":")
    if let value { line.append(json: value) } else { line.append("null") }
  }

  private static func append(_ key: StaticString, _ shape: [Int], to line: LineBuffer) {
    line.append(",\"")
    line.append(key)
    line.append("\":[")
    for (index, side) in shape.enumerated() {
      if index > 0 { line.append(",") }
      line.append(integer: Int64(side))
    }
    line.append("]")
  }
}
