package dev.attune.bench.ingest;

import dev.attune.ingest.IngestApp;
import dev.attune.ingest.IngestConfig;
import dev.attune.platform.Service;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

/** What reads attune.preferences in a benchmark. All take ingest's settings, as it ships them. */
public enum Contender {
  /** All that ingest does. */
  INGEST("ingest"),
  /**
   * A Streams topology with the same guarantee that writes each record's bytes to another topic. It
   * looks into none and remembers nothing.
   */
  PASS_THROUGH("pass-through, bytes"),
  /** The same, but each event is read and written anew as Avro. */
  PASS_THROUGH_AVRO("pass-through, Avro"),
  /**
   * The least topology that promises what ingest promises, each event once on each of two routes:
   * it remembers event ids and writes each event twice. It checks, corrects and gathers nothing.
   * The headline's yardstick.
   */
  PASS_THROUGH_ONCE("pass-through, once, both routes"),
  /** The same as the first without Kafka Streams: a consumer and a transactional producer. */
  LOOP("consume-produce loop");

  private final String title;

  Contender(String title) {
    this.title = title;
  }

  /** For a person. */
  public String title() {
    return title;
  }

  Service start(IngestConfig config) {
    Service service =
        switch (this) {
          case INGEST -> new IngestApp(config, new SimpleMeterRegistry());
          case PASS_THROUGH -> PassThrough.ofBytes(config);
          case PASS_THROUGH_AVRO -> PassThrough.ofEvents(config);
          case PASS_THROUGH_ONCE -> PassThrough.onceOnBothRoutes(config);
          case LOOP -> new ConsumeProduceLoop(config);
        };
    service.start();
    return service;
  }
}
