// swift-tools-version: 6.3
import PackageDescription

// A package of its own, so that who builds mobilecam need not fetch what only this test uses.
let package = Package(
  name: "csv-reader",
  dependencies: [.package(url: "https://github.com/swiftcsv/SwiftCSV", exact: "0.10.0")],
  targets: [.executableTarget(name: "csv-reader", dependencies: ["SwiftCSV"], path: ".", sources: ["main.swift"])]
)
