/// What an installation bears before it gives up.
public struct Limits: Sendable, Hashable {
  /// Until the connection stands.
  public var connectSeconds = 20
  /// A transfer is stalled when it brings less than `stalledBytesPerSecond` for so long.
  public var stalledSeconds = 30
  public var stalledBytesPerSecond = 100
  /// The largest official archive takes less than 100 MB.
  public var archiveBytes = 256 << 20
  /// Of all that an archive unpacks to.
  public var unpackedBytes = 512 << 20
  /// Files in an archive; the official ones have six.
  public var members = 10_000
  /// The largest official `.tflite` takes 17 MB.
  public var weightBytes = 32 << 20

  public init() {}
}
