import Foundation
import Playback
import TestSupport
import Testing

@Suite struct AssetsTests {
  let folder: TemporaryFolder

  init() throws { folder = TemporaryFolder() }

  func makeAssets(_ name: String) throws -> String {
    let path = "\(folder.path)/\(name)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data("tench\n".utf8).write(to: URL(fileURLWithPath: "\(path)/labels.txt"))
    return path
  }

  @Test func findsTheCheckouts() throws {
    #expect(try Assets.directory(override: nil, executable: nil, currentDirectory: assets + "/demo") == assets)
  }

  @Test func theVariableComesFirst() throws {
    let mine = try makeAssets("mine")
    #expect(try Assets.directory(override: mine, executable: "\(assets)/x", currentDirectory: assets) == mine)
    #expect(try Assets.directory(override: "", executable: "\(assets)/x", currentDirectory: nil) == assets)
  }

  @Test func aWrongVariableIsAnError() {
    #expect(
      thrownMessage { _ = try Assets.directory(override: "/nowhere", executable: nil, currentDirectory: assets) }
        == """
        MOBILECAM_ASSETS: expected a folder that holds labels.txt, found /nowhere; correct the variable or unset it
        """)
  }

  @Test func installedBesideTheExecutable() throws {
    let near = try makeAssets("prefix/share/mobilecam")
    _ = try makeAssets("prefix/assets")
    #expect(
      try Assets.directory(
        override: nil, executable: "\(folder.path)/prefix/bin/mobilecam", currentDirectory: assets) == near)
  }

  @Test func theNearestFolderAboveTheExecutable() throws {
    let far = try makeAssets("assets")
    let near = try makeAssets("a/assets")
    #expect(
      try Assets.directory(override: nil, executable: "\(folder.path)/a/b/c/mobilecam", currentDirectory: assets)
        == near)
    #expect(
      try Assets.directory(override: nil, executable: "\(folder.path)/d/mobilecam", currentDirectory: assets) == far)
  }

  @Test func saysWhereItLooked() {
    #expect(
      thrownMessage {
        _ = try Assets.directory(override: nil, executable: "/no/bin/mobilecam", currentDirectory: "/no/bin")
      }
        == """
        cannot find the program's assets: expected a folder that holds labels.txt, found none of
          /no/share/mobilecam
          /no/bin/assets
          /no/assets
        run mobilecam from its checkout, or set MOBILECAM_ASSETS to the checkout's folder 'assets'
        """)
  }

  @Test func labels() throws {
    let labels = String(decoding: try Checkout.assetBytes("labels.txt"), as: UTF8.self)
    let lines = labels.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 1001 && lines[1000] == "" && Set(lines).count == 1001)
    #expect(lines[0] == "tench" && lines[281] == "tabby" && lines[967] == "espresso" && lines[999] == "toilet tissue")
  }

  @Test func photographsStaySmall() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Checkout.asset("demo"))
    #expect(names.sorted() == ["astronaut.jpg", "camera.jpg", "chelsea.jpg", "coffee.jpg", "rocket.jpg"])
    #expect(try names.reduce(0) { try $0 + Checkout.assetBytes("demo/\($1)").count } < 400_000)
  }
}
