package dev.attune.scorer.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.scorer.core.ReplyGenerator;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScorerMetricsTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ScorerMetrics metrics = new ScorerMetrics(registry);

  @Test
  void shouldDocumentEachMeter() throws Exception {
    // Given
    String manual = Files.readString(Path.of("..", "docs", "scorer.md"));
    metrics.answered(ScoreErrorCode.TOO_LONG, Duration.ofMillis(5));
    metrics.batch(1, 10, Duration.ofMillis(2));
    metrics.loadFailed("sha256");
    metrics.swapped("domain/legal", 3);
    metrics.users(() -> 1, () -> 2);
    metrics.userFollowed(Duration.ofMillis(3));
    metrics.userRejected("bytes");
    metrics.cacheLookups("rewards", 1, 2);
    metrics.waitedForFeedback(Duration.ofMillis(4), true);
    metrics.generated(2, 50, Duration.ofMillis(60));
    metrics.settled(Duration.ofMillis(70), ReplyGenerator.Outcome.WRITTEN);
    metrics.shared(ScorerMetrics.Shared.RENEWED, 5);

    // When
    List<String> names =
        registry.getMeters().stream().map(meter -> meter.getId().getName()).distinct().toList();

    // Then
    assertThat(names)
        .hasSize(21)
        .allSatisfy(name -> assertThat(manual).contains("`" + name.replace('.', '_')));
  }

  @Test
  void shouldShowTheVersionInService() {
    // Given
    metrics.swapped("general", 1);
    metrics.swapped("general", 2);
    metrics.swapped("domain/legal", 5);

    // When
    metrics.withdrawn("domain/legal");

    // Then
    assertThat(version("general")).isEqualTo(2);
    assertThat(version("domain/legal")).isZero();
    assertThat(registry.get("attune.scorer.model.swaps").counter().count()).isEqualTo(3);
  }

  private double version(String model) {
    return registry.get("attune.scorer.served.version").tag("model", model).gauge().value();
  }
}
