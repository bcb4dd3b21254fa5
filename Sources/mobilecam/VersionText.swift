import CBuildFacts
import MobileNet
import Platform

/// What `--version` says: the version on the first line, then how this program was built and what it runs with.
package enum VersionText {
  static func current() -> String {
    text(
      commit: String(cString: mobilecam_commit()), compiled: InstructionSets.compiled,
      maps: File.text(of: "/proc/self/maps") ?? "")
  }

  /// - Parameter maps: `/proc/self/maps`: what is mapped into this process.
  package static func text(commit: String, compiled: [String], maps: String) -> String {
    let libraries = libraries(in: maps)
    let swift = libraries.contains { $0.hasPrefix("libswiftCore.so") } ? "libraries of the toolchain" : "linked in"
    return """
      mobilecam \(Mobilecam.version)
      commit            \(commit.isEmpty ? "unknown (packages and `make install` tell it)" : commit)
      instruction sets  \(compiled.joined(separator: " "))
      Swift             \(swift)
      libraries         \(libraries.isEmpty ? "unknown: /proc cannot be read" : libraries.joined(separator: " "))
      """
  }

  /// The file names of the shared libraries, with the versions that these bear, each once, by name.
  private static func libraries(in maps: String) -> [String] {
    // ADDRESSES PERMISSIONS OFFSET DEVICE INODE PATH: only the path holds slashes.
    let names = maps.split(separator: "\n").compactMap { line -> String? in
      guard let slash = line.lastIndex(of: "/") else { return nil }
      let name = line[line.index(after: slash)...]
      return name.hasSuffix(".so") || name.split(separator: ".").dropFirst().contains("so")
        ? Printable.line(String(name)) : nil
    }
    return Set(names).sorted()
  }
}
