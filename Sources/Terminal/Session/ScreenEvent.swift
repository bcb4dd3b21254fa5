import CTerminalRestore
import Glibc

/// Why `Screen.wait` returned.
public enum ScreenEvent: Sendable, Hashable {
  case command(Command)
  /// A key that whoever waits has asked for as it is.
  case key(Key)
  /// The terminal has another size, or its content is lost: draw again.
  case resized
  /// `Waker.wake` was called.
  case woken
  case timeout
  /// Ctrl-Z or TSTP: let go of the camera, call `Screen.stopUntilContinued`, take it again.
  case stopRequested
  /// INT, TERM, HUP or QUIT, or the terminal is gone (as HUP): leave in order, then `Screen.die(of:)`.
  case ending(signal: Int32)
}

/// Wakes the thread that sleeps in `Screen.wait`, from any thread.
public final class Waker: Sendable {
  let descriptor: Int32

  init?() {
    descriptor = ctr_wake_create()
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  public func wake() { ctr_wake(descriptor) }

  func take() -> Bool { ctr_wake_take(descriptor) != 0 }
}
