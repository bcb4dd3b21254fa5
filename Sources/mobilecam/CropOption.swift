import ArgumentParser
import Frames
import Platform

/// `--crop`, for commands that show a network pictures.
struct CropOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The square that the network sees: its left and upper edge and its side, in the picture's pixels (80,40,240) or, with a side up to 1, in fractions of width, height and the shorter of them (0.1,0.2,0.5). Without it the middle, 87.5 % of the shorter side.",
      valueName: "x,y,side"), transform: Self.choice)
  var crop: CropChoice?

  private static func choice(_ text: String) throws -> CropChoice {
    do { return try CropChoice(text) } catch { throw ValidationError("\(error)") }
  }
}
