package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeduplicationTest {
  @TempDir Path stateDir;
  private static final Instant LONG_AGO = Instant.parse("2001-01-01T00:00:00Z");

  private FakeRegistry registry;
  private IngestHarness ingest;

  @BeforeEach
  void start() {
    registry = new FakeRegistry();
    ingest = new IngestHarness(registry, stateDir, Map.of("ingest.deduplication-window", "10 min"));
  }

  @AfterEach
  void stop() {
    ingest.close();
    registry.close();
  }

  @Test
  void shouldLetARepeatPassOnlyAsAnOffset() {
    // Given
    ingest.send(Events.choice("ann", "e1", 3).build());
    ingest.send(Events.choice("ann", "e1", 3).build());

    // When
    List<PreferenceBucket> buckets = ingest.flush(Route.BY_USER);

    // Then
    assertThat(buckets).hasSize(1);
    assertThat(buckets.get(0).getFeedback()).hasSize(1);
    assertThat(buckets.get(0).getSourceOffsets()).containsExactly(0L, 1L);
    assertThat(ingest.count("accepted", "")).isEqualTo(1);
    assertThat(ingest.count("duplicate", "retry")).isEqualTo(1);
  }

  @Test
  void shouldNotTakeAnotherUsersEventForARepeat() {
    // When
    ingest.send(Events.choice("ann", "e1", 3).build());
    ingest.send(Events.choice("bob", "e1", 3).build());

    // Then
    assertThat(ingest.count("accepted", "")).isEqualTo(2);
  }

  @Test
  void shouldAcceptAnEventAgainAfterItWasRejected() {
    // Given
    ingest.send(Events.choice("ann", "e1", 3).setDomain("no domain").build());

    // When
    ingest.send(Events.choice("ann", "e1", 3).build());

    // Then
    assertThat(ingest.count("accepted", "")).isEqualTo(1);
  }

  @Test
  void shouldForgetAnEventAfterTheWindow() {
    // Given
    ingest.send(Events.choice("ann", "e1", 3).build());
    ingest.advance(Duration.ofMinutes(9));
    ingest.send(Events.choice("ann", "e1", 3).build());
    ingest.advance(Duration.ofMinutes(2));

    // When
    ingest.send(Events.choice("ann", "e1", 3).build());

    // Then
    assertThat(ingest.count("accepted", "")).isEqualTo(2);
    assertThat(ingest.count("duplicate", "retry")).isEqualTo(1);
  }

  /** The times of a topic that has the producers' times, in minutes from now. */
  @ParameterizedTest
  @ValueSource(
      strings = {"59", "-59", "100000", "-100000", "59 -59", "-59 59", "59 -59 59 -59", "-1 -2 -3"})
  void shouldFindRepeatsWhateverTimesRecordsHave(String minutes) {
    // Given
    int others = 0;
    for (String time : minutes.split(" ", -1)) {
      byte[] bytes =
          ingest.bytes(Events.choice("eve", "e" + others++, 2).setOccurredAt(LONG_AGO).build());
      ingest.input.pipeInput("eve", bytes, after(time));
    }

    // When
    for (String time : ("0 " + minutes + " 0").split(" ", -1)) {
      byte[] bytes = ingest.bytes(Events.choice("ann", "e", 3).setOccurredAt(LONG_AGO).build());
      ingest.input.pipeInput("ann", bytes, after(time));
    }

    // Then
    assertThat(ingest.count("accepted", "")).isEqualTo(others + 1);
    assertThat(ingest.count("duplicate", "retry")).isEqualTo(others + 1);
    assertThat(ingest.dropped()).isZero();
  }

  private static Instant after(String minutes) {
    return Events.NOW.plus(Duration.ofMinutes(Long.parseLong(minutes)));
  }
}
