import CTerminalRestore

/// What a crash leaves behind, with a screen or without: a sane terminal, one line, the stack's frames.
public enum CrashHandler {
  /// To be called first of all, on the main thread.
  public static func install() { ctr_install_crash_handler() }
}
