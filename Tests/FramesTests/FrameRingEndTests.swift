import Frames
import Platform
import Synchronization
import Testing

/// Waiting, ending, and the producer that waits for its reader.
struct FrameRingEndTests {
  @Test func aReaderWaitsAsLongAsItSaid() {
    let reader = smallRing().makeReader()
    let start = Nanoseconds.now()
    #expect(reader.next(timeout: Nanoseconds(milliseconds: 30))?.info == nil)
    #expect(Nanoseconds.now() - start >= Nanoseconds(milliseconds: 30))
  }

  @Test func aWaitingReaderGetsTheFrameThatComes() throws {
    let ring = smallRing()
    let producer = try SystemThread(name: "producer") {
      pauseMilliseconds(20)
      publish(1, into: ring)
    }
    #expect(ring.makeReader().next(timeout: patience)?.info.sequence == 1)
    producer.join()
  }

  @Test func whatIsThereIsReadAfterTheEnd() {
    let ring = smallRing()
    let reader = ring.makeReader()
    #expect(ring.end == nil)
    publish(1, into: ring)
    ring.end()
    #expect(ring.end == .finished)
    #expect(!publish(2, into: ring))
    #expect(reader.next(timeout: patience)?.info.sequence == 1)
    let start = Nanoseconds.now()
    #expect(reader.next(timeout: patience)?.info == nil)
    #expect(Nanoseconds.now() - start < patience)
    #expect(reader.newest()?.info.sequence == 1)
  }

  @Test func theFirstEndingStays() {
    let ring = smallRing()
    ring.end(.failed("unplugged"))
    ring.end()
    ring.end(.failed("later"))
    #expect(ring.end == .failed("unplugged"))
  }

  @Test func aProducerOfEveryFrameWaitsForItsReader() throws {
    let ring = smallRing(slots: 3, everyFrame: true)
    let published = Atomic(0)
    let producer = try SystemThread(name: "producer") {
      for number in 1...4 {
        publish(number, into: ring)
        published.store(number, ordering: .sequentiallyConsistent)
      }
      ring.end()
    }
    pauseMilliseconds(30)
    // Nobody has asked for a frame yet; looking does not ask.
    #expect(ring.makeReader().newest()?.info == nil)
    var soFar = published.load(ordering: .sequentiallyConsistent)
    #expect(soFar == 0)
    let reader = ring.makeReader()
    for number in 1...4 {
      #expect(reader.next(timeout: patience)?.info.sequence == number)
      pauseMilliseconds(5)
      soFar = published.load(ordering: .sequentiallyConsistent)
      #expect(soFar <= number)
    }
    producer.join()
    #expect(reader.next(timeout: patience)?.info == nil)
    #expect(reader.ringDrops == 0)
  }

  @Test func theEndReleasesAProducerThatWaits() throws {
    let ring = smallRing(slots: 3, everyFrame: true)
    let isRefused = Atomic(false)
    let producer = try SystemThread(name: "producer") {
      isRefused.store(!publish(1, into: ring), ordering: .sequentiallyConsistent)
    }
    pauseMilliseconds(10)
    ring.end()
    producer.join()
    let refused = isRefused.load(ordering: .sequentiallyConsistent)
    #expect(refused)
  }
}
