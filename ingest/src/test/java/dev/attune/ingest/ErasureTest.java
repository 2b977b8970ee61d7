package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.registry.RegistryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErasureTest {
  @TempDir Path stateDir;
  private FakeRegistry registry;
  private IngestHarness ingest;

  @BeforeEach
  void start() {
    registry = new FakeRegistry();
    ingest = new IngestHarness(registry, stateDir, Map.of());
  }

  @AfterEach
  void stop() {
    ingest.close();
    registry.close();
  }

  @Test
  void shouldDropOpenBucketsAndSaySo() {
    // Given
    ingest.send(Events.choice("ann", "e1", 3).build());
    ingest.send(Events.choice("ann", "e2", 3).setDomain("law").build());
    ingest.send(Events.choice("anna", "e1", 3).build());

    // When
    ingest.erase("ann");

    // Then
    assertThat(ingest.byUser.readKeyValuesToList()).containsExactly(KeyValue.pair("ann", null));
    assertThat(ingest.users.readKeyValuesToList()).containsExactly(KeyValue.pair("ann", null));
    assertThat(ingest.flush(Route.BY_USER))
        .extracting(PreferenceBucket::getUserId)
        .containsExactly("anna");
    assertThat(ingest.byDomain.readValuesToList())
        .extracting(PreferenceBucket::getUserId)
        .containsExactly("anna");
    assertThat(erasures("done")).isEqualTo(1);
  }

  @Test
  void shouldLeaveNothingOfTheUserInTheStores() {
    // Given
    ingest.send(Events.choice("ann", "e1", 3).build());
    ingest.advance(Duration.ofMillis(50));
    ingest.send(Events.choice("ann", "e2", 3).setDomain("law").build());

    // When
    ingest.erase("ann");

    // Then
    assertThat(stored(StateStores.ITEMS)).isZero();
    assertThat(stored(StateStores.PROGRESS)).isZero();
    try (var seen = ingest.driver.getWindowStore(StateStores.SEEN).all()) {
      assertThat(seen.hasNext()).isFalse();
    }
  }

  @Test
  void shouldBeginAnewAfterwards() {
    // Given
    ingest.send(Events.choice("ann", "e1", 3).build());
    ingest.send(Events.choice("anna", "e1", 3).build());
    ingest.flush(Route.BY_USER);
    ingest.erase("ann");
    ingest.byUser.readValue();
    ingest.send(Events.choice("ann", "e1", 3).build());
    ingest.send(Events.choice("anna", "e1", 3).build());

    // When
    List<PreferenceBucket> buckets = ingest.flush(Route.BY_USER);

    // Then
    assertThat(buckets).extracting(PreferenceBucket::getSequence).containsExactly(0L, 1L);
    assertThat(ingest.count("accepted", "")).isEqualTo(3);
    assertThat(ingest.count("duplicate", "retry")).isEqualTo(1);
  }

  @Test
  void shouldCountWhatItCannotFollowAndGoOn() {
    // Given
    ingest.send(Events.choice("ann", "e1", 3).build());

    // When
    ingest.erase("ann", new byte[] {1, 2, 3});
    ingest.erase("bob", ingest.erasure("ann"));
    ingest.erase(null, ingest.erasure("ann"));
    ingest.erase("ann", (byte[]) null);

    // Then
    assertThat(erasures("unreadable")).isEqualTo(1);
    assertThat(erasures("key_mismatch")).isEqualTo(2);
    assertThat(erasures("done")).isZero();
    assertThat(ingest.flush(Route.BY_USER)).hasSize(1);
    assertThat(ingest.users.isEmpty()).isTrue();
  }

  @Test
  void shouldSkipNoRequestWhereTheRegistryIsNone() {
    // Given
    byte[] ofUnknownSchema = ingest.erasure("ann");
    ofUnknownSchema[4] = 77;
    registry.becomeAnotherServer();

    // When
    Throwable failure = catchThrowable(() -> ingest.erase("ann", ofUnknownSchema));

    // Then
    assertThat(failure).hasRootCauseInstanceOf(RegistryException.class);
    assertThat(erasures("unreadable")).isZero();
  }

  private long stored(String store) {
    long count = 0;
    try (KeyValueIterator<Object, Object> all = ingest.driver.getKeyValueStore(store).all()) {
      for (; all.hasNext(); all.next()) {
        count++;
      }
    }
    return count;
  }

  private double erasures(String outcome) {
    return ingest.meters.get("attune.ingest.erasures").tag("outcome", outcome).counter().count();
  }
}
