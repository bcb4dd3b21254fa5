import Frames
import Glibc
import Platform
import WeightInstaller

/// Shows an installation: a bar on a terminal's standard error, else a line for every quarter; results on standard output.
final class InstallConsole {
  /// Of the archive at work.
  var name = ""

  /// Why standard output could not be written, if it could not: told when the work is done.
  private(set) var outputFailure: UserError?

  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let isUnicode: Bool
  private var isBarShown = false
  /// When the bar may be drawn again.
  private var due = Nanoseconds.zero
  private var quartersSaid = 0

  init() {
    setlocale(LC_CTYPE, "")
    isUnicode = String(cString: nl_langinfo(Int32(CODESET))) == "UTF-8"
  }

  func show(_ event: InstallEvent) {
    switch event {
    case .received(let bytes, let totalBytes):
      if isTerminal { drawBar(bytes, totalBytes) } else { sayQuarter(bytes, totalBytes) }
    case .downloading(let address, let resumedAtBytes):
      endBar()
      quartersSaid = 0
      let rest = resumedAtBytes > 0 ? ", going on after \(ProgressText.megabytes(resumedAtBytes)) MB" : ""
      Output.error("downloading \(address)\(rest)")
    case .startingAfresh:
      endBar()
      Output.error("the earlier part was of another archive: starting afresh")
    case .reading(let path):
      Output.error("reading \(path)")
    case .alreadyInstalled(let path):
      say("already installed: \(path)")
    case .installed(let path):
      endBar()
      say("installed: \(path)")
    }
  }

  /// What comes next starts on a line of its own.
  func endBar() {
    if isBarShown { Output.error("") }
    isBarShown = false
  }

  private func say(_ text: String) {
    do throws(UserError) {
      try Output.print(text)
    } catch {
      outputFailure = outputFailure ?? error
    }
  }

  private func drawBar(_ bytes: Int, _ totalBytes: Int?) {
    let now = Nanoseconds.now()
    guard now >= due || bytes == totalBytes else { return }
    due = now + Nanoseconds(milliseconds: 100)
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    let bar = ProgressText.bar(
      name: name, bytes: bytes, totalBytes: totalBytes, columns: (isKnown ? Int(size.ws_col) : 80) - 1,
      isUnicode: isUnicode)
    Output.overwriteLine(bar)
    isBarShown = true
  }

  private func sayQuarter(_ bytes: Int, _ totalBytes: Int?) {
    guard let totalBytes, totalBytes > 0 else { return }
    let quarter = ProgressText.share(of: 4, bytes, totalBytes)
    guard quarter > quartersSaid else { return }
    quartersSaid = quarter
    Output.error("\(name): \(ProgressText.amount(bytes, totalBytes))")
  }
}
