package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.embedded.EmbeddedCluster;
import dev.attune.ingest.topology.Nodes;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.Route;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A record whose processing fails, on a real broker. */
class PoisonIT {
  private static final int EVENTS = 30;
  private static final int POISONOUS = 13;
  private static final int ATTEMPTS = 3;

  /** The events differ in their ids only. */
  private static final Map<String, String> SAME_TEXTS = Map.of("ingest.abuse.repeated-texts", "0");

  @TempDir Path dir;
  private final AtomicInteger visits = new AtomicInteger();
  private final List<SpecificRecord> seen = new ArrayList<>();

  @Test
  void shouldSetARecordAsideThatFailsAndCountAllOthersOnce() throws Exception {
    // Given
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir.resolve("broker"))) {
      EmbeddedIngest embedded = new EmbeddedIngest(cluster);
      List<PreferenceEvent> events =
          IntStream.range(0, EVENTS).mapToObj(i -> Events.choice("ada", id(i), 3).build()).toList();
      List<RecordMetadata> places = embedded.send(events);
      try (IngestApp app = embedded.app(dir.resolve("state"), SAME_TEXTS, this::failing);
          KafkaConsumer<String, SpecificRecord> reader =
              embedded.reader(
                  Topics.BUCKETS_BY_USER, Topics.BUCKETS_BY_DOMAIN, Topics.PREFERENCES_REJECTED)) {
        // When
        app.start();

        // Then
        await()
            .dontCatchUncaughtExceptions()
            .atMost(Duration.ofSeconds(90))
            .untilAsserted(
                () -> {
                  assertThat(app.live()).isTrue();
                  reader.poll(Duration.ofMillis(100)).forEach(record -> seen.add(record.value()));
                  assertThat(covered()).hasSize(EVENTS);
                  assertThat(learned(Route.BY_DOMAIN)).hasSize(EVENTS - 1);
                });
        reader.poll(Duration.ofSeconds(1)).forEach(record -> seen.add(record.value()));
      }
      assertThat(rejected())
          .singleElement()
          .satisfies(
              one -> {
                assertThat(one.getReason()).isEqualTo("UNPROCESSABLE");
                assertThat(one.getSource().getOffset()).isEqualTo(places.get(POISONOUS).offset());
              });
    }
    assertThat(visits).hasValue(ATTEMPTS + 1);
    assertThat(learned(Route.BY_USER)).containsExactlyElementsOf(others());
    assertThat(learned(Route.BY_DOMAIN)).containsExactlyElementsOf(others());
    assertThat(covered())
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, EVENTS).boxed().toList());
  }

  /** Fails after everything else has been done for the poisonous record: in state, and sent. */
  private Topology failing(Topology topology) {
    return topology.addProcessor("failing", Failing::new, Nodes.PREFERENCES);
  }

  private final class Failing implements Processor<byte[], byte[], Void, Void> {
    @Override
    public void process(Record<byte[], byte[]> record) {
      boolean poisonous =
          new String(record.value(), StandardCharsets.ISO_8859_1).contains(id(POISONOUS));
      if (poisonous && visits.incrementAndGet() <= ATTEMPTS) {
        throw new IllegalStateException("injected");
      }
    }
  }

  private static String id(int i) {
    return "event-%03d".formatted(i);
  }

  private static List<String> others() {
    return IntStream.range(0, EVENTS).filter(i -> i != POISONOUS).mapToObj(PoisonIT::id).toList();
  }

  private List<RejectedPreference> rejected() {
    return seen.stream()
        .filter(RejectedPreference.class::isInstance)
        .map(RejectedPreference.class::cast)
        .toList();
  }

  private List<String> learned(Route route) {
    return buckets(route).stream()
        .flatMap(bucket -> bucket.getFeedback().stream())
        .map(Feedback::getEventId)
        .toList();
  }

  private List<Long> covered() {
    return buckets(Route.BY_USER).stream()
        .flatMap(bucket -> bucket.getSourceOffsets().stream())
        .toList();
  }

  private List<PreferenceBucket> buckets(Route route) {
    return seen.stream()
        .filter(PreferenceBucket.class::isInstance)
        .map(PreferenceBucket.class::cast)
        .filter(bucket -> bucket.getRoute() == route)
        .toList();
  }
}
