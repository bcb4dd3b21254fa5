import Frames
import MobileNet
import Model
import Platform
import Telemetry
import Terminal

/// What the screen shows: the newest frame, the newest result, and what is known besides.
extension ScreenRun {
  func draw(_ now: Nanoseconds) {
    let began = Nanoseconds.now()
    if !snapshot.isHeld { takeFrame(now) }
    takeSource()
    takeResult(now)
    takeLink(now)
    inference.survey.watch(snapshot.options.showsTradeOff || seat.pilot != nil)
    if snapshot.options.showsTradeOff { takeTradeOff() }
    if snapshot.options.showsControls { takeControls(now) }
    if now > messageUntil { snapshot.message = nil }
    screen.draw(snapshot)
    if let shown = log.endDrawing(began: began) { inference.add(shown) }
    if let settings = chosenByPilot {
      chosenByPilot = nil
      request(settings)
    }
  }

  private func takeFrame(_ now: Nanoseconds) {
    guard let frame = reader.newest() else { return }
    let info = frame.info
    let samples = ScreenView.previewSamples(
      screenWidth: screen.width, screenHeight: screen.height, imageWidth: info.width, imageHeight: info.height,
      options: snapshot.options, capabilities: screen.capabilities)
    snapshot.preview.fill(
      frame.pixels, width: info.width, height: info.height, columns: samples.columns, rows: samples.rows)
    let crop = Crop(width: info.width, height: info.height)
    snapshot.crop = Snapshot.Crop(x: crop.x, y: crop.y, width: crop.side, height: crop.side)
    if info.sequence != lastSequence {
      lastSequence = info.sequence
      rate.add(at: info.captured.count)
    }
  }

  private func takeSource() {
    let status = source.status
    snapshot.source.name = status.name
    snapshot.source.format = status.format
    snapshot.source.framesPerSecond = rate.eventsPerSecond(at: Nanoseconds.now().count)
    let now = Nanoseconds.now()
    if status.troubleCount != troubleCount {
      troubleCount = status.troubleCount
      troubleUntil = now + Self.troubleTime
    }
    snapshot.source.trouble = status.trouble ?? (now < troubleUntil ? status.lastTrouble : nil)
    snapshot.source.notice = status.notice ?? notice
    snapshot.source.driverDrops = status.driverDrops
    if status.badFrames > snapshot.source.badFrames, let words = status.badFrameWords { say("left out: \(words)") }
    snapshot.source.badFrames = status.badFrames
    let log = log.status
    snapshot.log.file = log.file
    snapshot.log.trouble = log.trouble
  }

  private func takeResult(_ now: Nanoseconds) {
    inference.inspect { published in
      let settings = published.settings
      snapshot.configuration = settings
      snapshot.isa = published.record.isa ?? ""
      snapshot.model.publishedTop1Percent =
        Catalogue.published(
          alpha: settings.alpha, resolution: settings.resolution, quantized: settings.precision == .int8)?.top1Percent
      snapshot.model.isTrained = published.isTrained
      snapshot.model.trainedAtResolution = published.trainedResolution
      snapshot.switching = published.switching.map {
        "building α \($0.alpha.name), \($0.resolution) px, \($0.precision) …"
      }
      if let trouble = published.trouble {
        say(trouble)
        published.trouble = nil
        wanted = settings
      }
      guard published.count > 0, published.count != shownCount else { return }
      shownCount = published.count
      let record = published.record
      log.beginDrawing(record)
      snapshot.source.ringDrops = record.ringDrops ?? 0
      snapshot.top = published.shown
      takeActivation(published)
      fly(record, published, now)
      if now >= numbersDue || numbersSettings != settings {
        numbersDue = now + Self.numbersPeriod
        takeNumbers(&published, record, restart: numbersSettings != settings, now)
        numbersSettings = settings
      }
    }
  }

  private func takeActivation(_ published: borrowing Inference.Published) {
    snapshot.activation = nil
    guard snapshot.options.showsActivation, let label = published.shown.first?.label, !published.activation.isEmpty
    else { return }
    let side = Int(Double(published.activation.count).squareRoot())
    snapshot.activation = Snapshot.Activation(label: label, side: side, values: published.activation)
  }

  /// Lets the pilot choose, unless a switch is on its way.
  private func fly(_ record: FrameRecord, _ published: borrowing Inference.Published, _ now: Nanoseconds) {
    snapshot.pilot = seat.shown(running: published.settings)
    guard seat.pilot != nil, published.switching == nil, published.settings == wanted else { return }
    let next = seat.result(record, settings: published.settings, tradeOff: inference.survey.tradeOff, now: now)
    snapshot.pilot = seat.shown(running: next ?? published.settings)
    chosenByPilot = next
  }

  private func takeTradeOff() {
    var tradeOff = inference.survey.tradeOff
    // Until the survey comes to it: what is measured anyway.
    if tradeOff.measurement(of: wanted) == nil, let p50 = snapshot.timing.p50 {
      tradeOff.record(.init(p50: p50, p95: snapshot.timing.p99 ?? p50, isMeasured: true), of: wanted)
    }
    snapshot.tradeOff = tradeOff.points(precision: wanted.precision, threads: wanted.threads).map { point in
      let offer = offers.first { $0.isTrained && $0.configuration.on(threads: wanted.threads) == point.configuration }
      var pair = Snapshot.TradeOffPair(configuration: point.configuration)
      pair.publishedTop1Percent = point.top1Percent
      pair.latency = point.latency?.p50
      pair.isMeasured = point.latency?.isMeasured ?? false
      pair.isOnFront = point.isOnFront
      pair.isTrained = offer != nil
      pair.expectedTop1Percent = offer?.top1Percent
      return pair
    }
  }

  private func takeLink(_ now: Nanoseconds) {
    snapshot.options.linkColorLimit = pace.colors
    guard screen.countsBytes else { return }
    snapshot.link = pace.state
  }

  /// The numbers of one result, all of the same one, so that the layers add up to the network's time.
  private func takeNumbers(
    _ published: inout Inference.Published, _ record: FrameRecord, restart: Bool, _ now: Nanoseconds
  ) {
    func time(_ nanoseconds: Int64?) -> Nanoseconds? { nanoseconds.map { Nanoseconds($0) } }
    if restart { history.removeAll(keepingCapacity: true) }
    let network = record.network ?? .zero
    if history.count == 256 { history.removeFirst() }
    history.append(Float(network.microseconds))
    snapshot.timing.stages = Stage.allCases.map { published.statistics.window($0) }
    let summary = snapshot.timing.stages[Stage.network.rawValue]
    snapshot.timing.network = network
    snapshot.timing.p50 = time(summary?.p50)
    snapshot.timing.p99 = time(summary?.p99)
    snapshot.timing.resultsPerSecond = published.statistics.resultsPerSecond(at: now.count)
    snapshot.timing.preprocess = record.preprocess
    snapshot.timing.glassToLabel = time(snapshot.timing.stages[Stage.glassToLabel.rawValue]?.last)
    snapshot.timing.historyMicroseconds = history
    // Thirty windows are much work under the lock: only for the view that shows them.
    let isWatched = snapshot.options.showsLayers
    let layers = published.settings.architecture.layers
    snapshot.layers.each = zip(layers, record.layerTimes).enumerated().map { index, pair in
      Snapshot.LayerTime(pair.0, time: pair.1, window: isWatched ? published.statistics.layer(index) : nil)
    }
    snapshot.layers.unaccounted = record.unaccounted ?? .zero
    snapshot.layers.unaccountedWindow = isWatched ? published.statistics.unaccounted() : nil
  }
}
