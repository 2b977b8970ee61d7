package dev.attune.scorer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Turn;
import dev.attune.scorer.core.QueueFullException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KafkaPreferenceSinkTest {
  private static final PreferenceEvent EVENT =
      PreferenceEvent.newBuilder()
          .setEventId("e")
          .setUserId("u")
          .setOccurredAt(Instant.EPOCH)
          .setPrompt(List.of(new Turn("user", "q")))
          .setCandidates(List.of(new Candidate("a", "x"), new Candidate("b", "y")))
          .setSignal(new Choice("a"))
          .build();

  @Test
  void shouldAskToComeAgainWhereNoProducerCanBeMade() {
    // Given
    try (KafkaPreferenceSink sink = sink("no address", Duration.ofSeconds(5))) {
      // When
      CompletableFuture<Position> position = sink.send(EVENT);

      // Then
      assertThat(position)
          .failsWithin(Duration.ofSeconds(20))
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(QueueFullException.class);
    }
  }

  @Test
  void shouldNotLetEventsPileUpWhileTheClusterIsAway() {
    // Given
    List<CompletableFuture<Position>> waiting = new ArrayList<>();
    QueueFullException full = null;
    try (KafkaPreferenceSink sink = sink("127.0.0.1:1", Duration.ofMinutes(5))) {
      // When
      while (full == null && waiting.size() < 2000) {
        try {
          waiting.add(sink.send(EVENT));
        } catch (QueueFullException e) {
          full = e;
        }
      }
    }

    // Then
    assertThat(full).isNotNull();
    assertThat(waiting).hasSizeBetween(1000, 1001);
  }

  private static KafkaPreferenceSink sink(String bootstrap, Duration timeout) {
    return new KafkaPreferenceSink(
        new ScorerClients(
            KafkaSettings.of(bootstrap, "http://127.0.0.1:1"),
            new SimpleMeterRegistry(),
            new ScorerClients.Settings("g", "i", true, 1, Duration.ofSeconds(30))),
        timeout);
  }
}
