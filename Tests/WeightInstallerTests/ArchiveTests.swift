import Foundation
import MobileNet
import Platform
import TestSupport
import Testing
import WeightInstaller

/// Archives from a folder, and archives that hold something else than they should although their hash is right.
@Suite(.enabled(if: Reference.isUsable, "no reference data beside the checkout"))
struct ArchiveTests {
  let fixture: Fixture
  let source: URL

  init() throws {
    fixture = Fixture()
    source = fixture.folder.appending(path: "source")
    try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
  }

  /// Installs an archive of these bytes, whose hash is right, from a folder.
  private func install(_ archive: Data, limits: Limits = Limits()) throws {
    try archive.write(to: source.appending(path: "\(Fixture.name).tgz"))
    try fixture.installer(source.path, limits: limits).install(Fixture.entry(archive))
  }

  private func problem(_ archive: Data, limits: Limits = Limits()) -> String {
    let message = fixture.message { try install(archive, limits: limits) }
    #expect(fixture.installed == [])
    return message
  }

  private func broken(_ what: String) -> String {
    "cannot unpack 'FOLDER/source/\(Fixture.name).tgz': \(what). Nothing was installed. Get the archive again, or from "
      + "elsewhere: --from URL-or-FOLDER"
  }

  @Test func installsFromAFolder() throws {
    try install(fixture.archive())
    try fixture.expectInstalled()
  }

  @Test func installsFromAFolderLaidOutLikeTheServer() throws {
    let archive = try fixture.archive()
    let file = source.appending(path: Fixture.path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try archive.write(to: file)
    try fixture.installer(source.path + "//").install(Fixture.entry(archive))
    try fixture.expectInstalled()
  }

  @Test func aFolderWithoutTheArchiveIsNamed() throws {
    #expect(
      fixture.message { try fixture.installer(source.path).install(Fixture.entry(Data())) }
        == "no such archive: expected \(Fixture.name).tgz in 'FOLDER/source', found none. Nothing was installed. "
        + "Download https://download.tensorflow.org/models/\(Fixture.path) and put it there.")
  }

  @Test func aWrongHashIsRefusedAndTheArchiveStays() throws {
    let archive = try fixture.archive()
    let file = source.appending(path: "\(Fixture.name).tgz")
    try (archive + [0]).write(to: file)
    let message = fixture.message { try fixture.installer(source.path).install(Fixture.entry(archive)) }
    #expect(message.hasPrefix("\(Fixture.name).tgz is damaged or not the right one: expected SHA-256 "))
    #expect(fixture.installed == [])
    #expect(FileManager.default.contents(atPath: file.path)?.count == archive.count + 1)
  }

  /// Members that are not `NAME.tflite` at the top are not unpacked, wherever they point.
  @Test(arguments: ["other.tflite", "sub/\(Fixture.name).tflite", "../\(Fixture.name).tflite"])
  func otherNamesAreNotUnpacked(_ member: String) throws {
    let archive = try fixture.archive(members: ["a/\(member)"], options: ["-cz", "--transform=s,^a/,,"]) { contents in
      let file = contents.appending(path: "a/\(member)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: Fixture.file, to: file)
    }
    #expect(problem(archive) == broken("expected the file \(Fixture.name).tflite in it, found \(member)"))
  }

  @Test func absolutePathsAreNotUnpacked() throws {
    let target = "\(fixture.folder.path)/\(Fixture.name).tflite"
    try FileManager.default.copyItem(at: Fixture.file, to: URL(filePath: target))
    let archive = try fixture.archive(members: [target]) { _ in }
    try FileManager.default.removeItem(atPath: target)
    #expect(
      problem(archive)
        == broken("expected the file \(Fixture.name).tflite in it, found FOLDER/\(Fixture.name).tflite"))
    #expect(!FileManager.default.fileExists(atPath: target))
  }

  @Test func aLinkIsNotUnpacked() throws {
    let archive = try fixture.archive(members: ["\(Fixture.name).tflite"]) { contents in
      try FileManager.default.createSymbolicLink(
        atPath: contents.appending(path: "\(Fixture.name).tflite").path, withDestinationPath: "/etc/passwd")
    }
    #expect(problem(archive) == broken("its member \(Fixture.name).tflite is no regular file"))
  }

  @Test func tooLargeWeightsAreNotUnpacked() throws {
    var limits = Limits()
    limits.weightBytes = 500_000
    #expect(
      problem(try fixture.archive(), limits: limits)
        == broken("its member ./\(Fixture.name).tflite takes 525598 bytes, expected at most 500000"))
  }

  @Test func anArchiveThatUnpacksToTooMuchIsEnded() throws {
    var limits = Limits()
    limits.unpackedBytes = 1_000_000
    let archive = try fixture.archive(members: ["zeros", "\(Fixture.name).tflite"]) { contents in
      try Data(count: 4 << 20).write(to: contents.appending(path: "zeros"))
      try FileManager.default.copyItem(at: Fixture.file, to: contents.appending(path: "\(Fixture.name).tflite"))
    }
    #expect(problem(archive, limits: limits) == broken("it unpacks to more than 1000000 bytes"))
  }

  @Test func whatIsNoGzipFileIsNamed() throws {
    let plain = try fixture.archive(members: ["\(Fixture.name).tflite"], options: ["-c"]) { contents in
      try FileManager.default.copyItem(at: Fixture.file, to: contents.appending(path: "\(Fixture.name).tflite"))
    }
    #expect(problem(plain) == broken("expected a gzip file, found something else"))
  }

  @Test func aShortArchiveIsNamed() throws {
    let archive = try fixture.archive()
    #expect(problem(archive.prefix(archive.count / 2)) == broken("it ends too early"))
  }

  @Test func damagedDataAreNamed() throws {
    var archive = try fixture.archive()
    for place in 1000..<1100 { archive[place] ^= 0xff }
    let message = problem(archive)
    #expect(message.hasPrefix("cannot unpack 'FOLDER/source/\(Fixture.name).tgz': "))
  }

  @Test func aDamagedHeaderIsNamed() throws {
    // A tar of one block of ones, and no checksum that fits.
    let file = fixture.folder.appending(path: "ones")
    try Data(repeating: 1, count: 1024).write(to: file)
    let run = try Program.execute("gzip", [file.path])
    try #require(run.status == 0)
    let archive = try Data(contentsOf: fixture.folder.appending(path: "ones.gz"))
    #expect(problem(archive) == broken("a header's checksum is wrong"))
  }

  @Test func otherWeightsUnderTheNameAreRefused() throws {
    let half = Reference.folder.appending(path: "reference/weights/mobilenet_v1_0.5_160_quant.tflite")
    #expect(
      problem(try fixture.archive(holding: half))
        == "\(Fixture.name).tgz holds other weights than its name says: expected α = 0.25 trained at 128 in uint8, found "
        + "α = 0.5 trained at 160 in uint8. Nothing was installed. Correct the catalogue.")
  }

  @Test func whatIsNoWeightFileIsRefused() throws {
    let file = fixture.folder.appending(path: "text")
    try Data("no weights at all".utf8).write(to: file)
    let message = problem(try fixture.archive(holding: file))
    #expect(message.contains("it is text"))
  }

  /// What may lie where an installation puts its files: nothing is written through it, and it is in nobody's way, but for
  /// a folder, which is named.
  static let planted: [(name: String, plant: @Sendable (_ victim: String, _ path: String) -> Int32)] = [
    ("a symbolic link", { symlink($0, $1) }), ("a link that leads nowhere", { symlink($0 + "-nowhere", $1) }),
    ("a hard link", { link($0, $1) }), ("a pipe", { mkfifo($1, 0o600) }),
    ("a socket", { mknod($1, S_IFSOCK | 0o600, 0) }), ("a folder", { mkdir($1, 0o700) }),
  ]

  @Test func whatWasPlantedIsNotWrittenThrough() throws {
    let archive = try fixture.archive()
    let victim = fixture.folder.appending(path: "victim").path
    let server = try LoopbackServer { _ in .file(archive) }
    defer { server.stop() }
    for file in [".tflite.new", ".tflite.sha256.new", ".tflite", ".tflite.sha256", ".tgz.part"] {
      for (name, plant) in Self.planted {
        try? FileManager.default.removeItem(atPath: fixture.destination)
        try FileManager.default.createDirectory(atPath: fixture.destination, withIntermediateDirectories: true)
        try Data("precious".utf8).write(to: URL(filePath: victim))
        #expect(plant(victim, "\(fixture.destination)/\(Fixture.name)\(file)") == 0)
        let isFolder = name == "a folder"
        let message = fixture.message {
          if file == ".tgz.part" {
            try fixture.installer(server.root).install(Fixture.entry(archive))
          } else {
            try install(archive)
          }
        }
        if isFolder {
          #expect(message.hasPrefix("cannot write 'DEST/\(Fixture.name)\(file)': "), "\(name) at \(file): \(message)")
        } else {
          #expect(message == "nothing was thrown", "\(name) at \(file)")
          try fixture.expectInstalled()
        }
        #expect(FileManager.default.contents(atPath: victim) == Data("precious".utf8), "\(name) at \(file)")
        #expect(!FileManager.default.fileExists(atPath: victim + "-nowhere"))
      }
    }
  }

  /// Where a file is looked for and something else is found, nobody waits for it.
  @Test func whatIsNoFileIsRefusedAtOnce() throws {
    let archive = try fixture.archive()
    for (path, kind, plant) in [
      ("\(Fixture.name).tgz", "a pipe", { mkfifo($0, 0o600) }),
      ("\(Fixture.name).tgz", "a socket", { mknod($0, S_IFSOCK | 0o600, 0) }),
      ("\(Fixture.name).tgz", "a folder", { mkdir($0, 0o700) }),
    ] as [(String, String, (String) -> Int32)] {
      let file = source.appending(path: path).path
      #expect(plant(file) == 0)
      #expect(
        fixture.message { try fixture.installer(source.path).install(Fixture.entry(archive)) }
          == "cannot read 'FOLDER/source/\(path)': expected a file, found \(kind). Check the name.")
      try FileManager.default.removeItem(atPath: file)
    }
    let large = source.appending(path: "\(Fixture.name).tgz").path
    try Data().write(to: URL(filePath: large))
    #expect(truncate(large, 1 << 40) == 0)
    #expect(
      fixture.message { try fixture.installer(source.path).install(Fixture.entry(archive)) }
        == "cannot read 'FOLDER/source/\(Fixture.name).tgz': expected at most 268435456 bytes, found more. Check the name."
    )
    let pipe = fixture.folder.appending(path: "pipe").path
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(
      fixture.message { _ = try WeightArchive.catalogue(path: pipe) }
        == "cannot read 'FOLDER/pipe': expected a file, found a pipe. Check the name.")
    #expect(fixture.message { _ = try sha256(ofFile: pipe) }.contains("found a pipe"))
    try FileManager.default.createDirectory(atPath: fixture.destination, withIntermediateDirectories: true)
    #expect(mkfifo("\(fixture.destination)/x.tflite", 0o600) == 0)
    #expect(mkfifo("\(fixture.destination)/y.tflite.sha256", 0o600) == 0)
    #expect(
      try Verdict.all(in: fixture.destination).map(\.finding)
        == [.bad("expected a file, found a pipe"), .bad("only its record is left")])
  }

  /// A header of a tar file: POSIX ustar, without owner and time.
  private static func header(_ name: String, size: String) -> Data {
    var header = Data(count: 512)
    header.replaceSubrange(0..<name.utf8.count, with: name.utf8)
    header.replaceSubrange(124..<124 + size.utf8.count, with: size.utf8)
    header.replaceSubrange(148..<156, with: Data(repeating: 0x20, count: 8))
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    header.replaceSubrange(148..<148 + sum.utf8.count, with: sum.utf8)
    return header
  }

  private func gzipped(_ data: Data) throws -> Data {
    let file = fixture.folder.appending(path: UUID().uuidString)
    try data.write(to: file)
    try #require(try Program.execute("gzip", ["-1", file.path]).status == 0)
    return try Data(contentsOf: file.appendingPathExtension("gz"))
  }

  /// Members that nobody wants cost neither memory nor time.
  @Test func aMillionMembersAreNotRead() throws {
    var members = Data()
    for number in 0..<100_000 { members += Self.header("member \(number)", size: "00000000000") }
    let archive = try gzipped(members)
    var found = ""
    let time = processorTime { found = problem(archive) }
    #expect(found == broken("expected the file \(Fixture.name).tflite in it, found 10000 others and more"))
    #expect(time < Nanoseconds(seconds: 5))
  }

  @Test func extremeSizes() throws {
    var limits = Limits()
    limits.unpackedBytes = 1 << 20
    for (size, words) in [
      ("77777777777", "it unpacks to more than 1048576 bytes"), ("-0000000001", "is no octal number"),
      ("99999999999", "is no octal number"), ("", "is no octal number"), ("           ", "is no octal number"),
      ("777777777777", "it unpacks to more than 1048576 bytes"),
    ] {
      let message = problem(try gzipped(Self.header("other", size: size) + Data(count: 1024)), limits: limits)
      #expect(message.contains(words), "'\(size)': \(message)")
    }
    let name = "\(Fixture.name).tflite"
    #expect(
      problem(try gzipped(Self.header(name, size: "77777777777")))
        == broken("its member \(name) takes 8589934591 bytes, expected at most 33554432"))
  }

  @Test func aDestinationThatIsAFileIsNamed() throws {
    try Data().write(to: fixture.folder.appending(path: "data"))
    let message = fixture.message { try install(fixture.archive()) }
    #expect(
      message == "cannot make the folder 'DEST': Not a directory ('FOLDER/data/mobilecam'). Make it by hand, or set "
        + "XDG_DATA_HOME to a folder that can be written."
        || message
          == "cannot make the folder 'DEST': File exists ('FOLDER/data'). Make it by hand, or set XDG_DATA_HOME "
          + "to a folder that can be written."
    )
  }
}
