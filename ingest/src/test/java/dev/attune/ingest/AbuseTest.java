package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.Route;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events are held back, erased and released in the whole topology. */
class AbuseTest {
  @TempDir Path stateDir;
  private FakeRegistry registry;
  private IngestHarness ingest;

  @BeforeEach
  void start() {
    registry = new FakeRegistry();
    ingest =
        IngestHarness.guarded(
            registry,
            stateDir,
            Map.of("ingest.rate.events-per-minute", "60", "ingest.rate.burst", "2"),
            StateStores.Suppliers.persistent());
  }

  @AfterEach
  void stop() {
    ingest.close();
    registry.close();
  }

  @Test
  void shouldHoldBackWhatComesTooFastAndCoverItsOffset() {
    // Given
    send(3);

    // When
    List<PreferenceBucket> buckets = ingest.flush(Route.BY_USER);

    // Then
    RejectedPreference held = ingest.quarantined.readValue();
    assertThat(held.getReason()).isEqualTo("RATE_LIMITED");
    assertThat(held.getSource().getOffset()).isEqualTo(2);
    assertThat(ids(buckets)).containsExactly("e0", "e1");
    assertThat(offsets(buckets)).containsExactly(0L, 1L, 2L);
    assertThat(ingest.count("quarantined", "rate_limited")).isEqualTo(1);
    assertThat(ingest.count("accepted")).isEqualTo(2);
  }

  @Test
  void shouldCountAHeldBackEventWhenItIsSentAgainLater() {
    // Given
    send(3);
    ingest.advance(Duration.ofSeconds(1));

    // When
    ingest.send(Events.choice("ann", "e2", 2).build());
    ingest.release(ingest.quarantined.readValue());

    // Then
    assertThat(ingest.count("accepted")).isEqualTo(3);
    assertThat(ingest.count("duplicate", "retry")).isEqualTo(1);
  }

  @Test
  void shouldCountAReleasedEventOnceAndCoverNoOffsetTwice() {
    // Given
    send(4);
    List<RejectedPreference> held = ingest.quarantined.readValuesToList();

    // When
    held.forEach(ingest::release);
    held.forEach(ingest::release);

    // Then
    List<PreferenceBucket> buckets = ingest.flush(Route.BY_USER);
    assertThat(ids(buckets)).containsExactly("e0", "e1", "e2", "e3");
    assertThat(offsets(buckets)).containsExactly(0L, 1L, 2L, 3L);
    assertThat(offsets(ingest.byDomain.readValuesToList())).containsExactly(0L, 1L, 2L, 3L);
    assertThat(ingest.count("accepted")).isEqualTo(4);
    assertThat(ingest.count("duplicate", "retry")).isEqualTo(2);
    assertThat(ingest.quarantined.isEmpty()).isTrue();
  }

  @Test
  void shouldRejectAReleaseThatIsNoQuarantinedEvent() {
    // Given
    send(3);
    RejectedPreference held = ingest.quarantined.readValue();
    held.getSource().setPartition(5);

    // When
    ingest.release("ann", new byte[] {7});
    ingest.release("ann", null);
    ingest.release(held);

    // Then
    assertThat(ingest.rejected.readValuesToList())
        .extracting(RejectedPreference::getReason, one -> one.getSource().getTopic())
        .containsExactly(
            tuple("NOT_AVRO", "attune.preferences.released"),
            tuple("NOT_AVRO", "attune.preferences.released"),
            tuple("KEY_MISMATCH", "attune.preferences.released"));
    assertThat(offsets(ingest.flush(Route.BY_USER))).containsExactly(0L, 1L, 2L);
  }

  @Test
  void shouldForgetTheActivityOfAUserWhoLeaves() {
    // Given
    send(3);

    // When
    ingest.erase("ann");
    ingest.send(Events.choice("ann", "e9", 2).build());

    // Then
    assertThat(ingest.count("accepted")).isEqualTo(3);
    assertThat(ingest.count("quarantined")).isEqualTo(1);
  }

  private void send(int events) {
    for (int i = 0; i < events; i++) {
      ingest.send(Events.choice("ann", "e" + i, 2).build());
    }
  }

  private static List<String> ids(List<PreferenceBucket> buckets) {
    return buckets.stream()
        .flatMap(bucket -> bucket.getFeedback().stream())
        .map(Feedback::getEventId)
        .toList();
  }

  private static List<Long> offsets(List<PreferenceBucket> buckets) {
    return buckets.stream().flatMap(bucket -> bucket.getSourceOffsets().stream()).toList();
  }
}
