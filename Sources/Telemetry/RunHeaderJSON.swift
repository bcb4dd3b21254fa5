/// The run's header as one JSON object: a JSON Lines log's first line, a CSV log's sidecar, a trace's metadata.
enum RunHeaderJSON {
  static func append(_ header: RunHeader, to line: LineBuffer) {
    line.append("{\"type\":\"run\",\"schema\":")
    line.append(integer: Int64(header.schema))
    append("run_id", header.runID, to: line)
    append("program_version", header.programVersion, to: line)
    line.append(",\"wall_anchor_us\":")
    line.append(thousandths: header.wallAnchorNanoseconds)
    line.append(",\"monotonic_anchor_us\":")
    line.append(thousandths: header.monotonicAnchorNanoseconds)
    append("cpu_model", header.cpuModel, to: line)
    append("kernel", header.kernel, to: line)
    append("governor", header.governor, to: line)
    line.append(",\"cores\":")
    if let cores = header.cores { line.append(integer: Int64(cores)) } else { line.append("null") }
    append("isa", header.isa, to: line)
    append("source", header.source, to: line)
    append("format", header.format, to: line)
    append("terminal", header.terminal, to: line)
    append("weights_sha256", header.weightsSHA256, to: line)
    line.append(",\"layers\":[")
    for (index, layer) in header.layers.enumerated() {
      line.append(index > 0 ? ",{\"index\":" : "{\"index\":")
      line.append(integer: Int64(index))
      append("name", layer.name, to: line)
      append("kind", layer.kind, to: line)
      append("input_shape", layer.inputShape, to: line)
      append("output_shape", layer.outputShape, to: line)
      line.append(",\"mult_adds\":")
      line.append(integer: Int64(layer.multAdds))
      line.append("}")
    }
    line.append("]}")
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
