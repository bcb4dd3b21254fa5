import Glibc

/// A value behind a lock, and a condition to wait for on the monotonic clock: what several threads change and wait for.
public final class Monitor<State>: @unchecked Sendable {  // every access holds the lock
  // Neither may move: they live outside the object.
  @usableFromInline let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  @usableFromInline var state: State

  public init(_ state: State) {
    self.state = state
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Inlined where it is used: who measures hands results over in tenths of a microsecond.
  @inlinable @inline(__always)
  public func withLock<T: ~Copyable, E: Error>(_ body: (inout State) throws(E) -> T) throws(E) -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }

  /// Wakes all that wait, to look again.
  public func signal() { pthread_cond_broadcast(changed) }

  /// Waits until `condition` holds or the time is over.
  /// - Returns: what `condition` returned in the end.
  @discardableResult
  public func wait(until deadline: Nanoseconds, for condition: (inout State) -> Bool) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    var until = deadline.time
    while true {
      if condition(&state) { return true }
      if pthread_cond_timedwait(changed, mutex, &until) == ETIMEDOUT { return condition(&state) }
    }
  }

  /// Waits until `condition` holds.
  public func wait(for condition: (inout State) -> Bool) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !condition(&state) { pthread_cond_wait(changed, mutex) }
  }
}
