import ArgumentParser
struct Live: ParsableCommand { func run() throws {} }
struct Devices: ParsableCommand { func run() throws {} }
