import Glibc
import Platform

/// What a piece of work takes of the processor, on the caller's thread: other work on the machine does not count.
package func processorTime(of work: () throws -> Void) rethrows -> Nanoseconds {
  let began = Nanoseconds.of(CLOCK_THREAD_CPUTIME_ID)
  try work()
  return .of(CLOCK_THREAD_CPUTIME_ID) - began
}
