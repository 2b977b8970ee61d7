package dev.attune.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.platform.ConfigDocs;
import dev.attune.platform.ConfigException;
import dev.attune.platform.Configuration;
import dev.attune.scorer.core.BatchBudget;
import dev.attune.scorer.core.GenerationConfig;
import dev.attune.scorer.core.RequestLimits;
import dev.attune.scorer.core.RowDomains;
import dev.attune.scorer.kafka.Delivery;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScorerConfigTest {
  private final Map<String, String> flags =
      new HashMap<>(
          Map.of(
              "kafka.bootstrap.servers", "localhost:9092",
              "schema.registry.url", "http://localhost:8081",
              "scorer.base", "/models/base"));

  @Test
  void shouldNeedOnlyTheClusterAndTheBase() {
    // When
    ScorerConfig config = ScorerConfig.from(Configuration.of(flags));

    // Then
    assertThat(config.base()).isEqualTo(Path.of("/models/base"));
    assertThat(config.group()).isEqualTo("attune-scorer");
    assertThat(config.delivery()).isEqualTo(Delivery.TRANSACTIONS);
    assertThat(config.instance()).isNotBlank();
    assertThat(config.start()).isEqualTo(ScorerConfig.Start.EARLIEST);
    assertThat(config.limits()).isEqualTo(new RequestLimits(64, 200_000, 0));
    assertThat(config.budget()).isEqualTo(new BatchBudget(64, 256, 32_768));
    assertThat(config.users().dir()).isNull();
    assertThat(config.rowDomains()).isEqualTo(RowDomains.NONE);
    assertThat(config.generation()).isEqualTo(new GenerationConfig(96, 1, 1));
    assertThat(config.longestWait()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void shouldReadEachKey() {
    // Given
    flags.put("scorer.instance", "pod-3");
    flags.put("scorer.start", "latest");
    flags.put("scorer.delivery", "share");
    flags.put("scorer.request.max-candidates", "8");
    flags.put("scorer.batch.max-tokens", "1000");
    flags.put("scorer.precision", "bf16");
    flags.put("scorer.rows.domains", "legal, general.helpful");
    flags.put("scorer.users.dir", "/data/users");
    flags.put("scorer.cache.features.max-bytes", "1 MiB");
    flags.put("scorer.cache.rewards.max-entries", "0");
    flags.put("scorer.generate.max-replies", "4");
    flags.put("scorer.generate.max-tokens", "200");
    flags.put("scorer.generate.temperature", "0.7");
    flags.put("scorer.generate.top-p", "0.9");

    // When
    ScorerConfig config = ScorerConfig.from(Configuration.of(flags));

    // Then
    assertThat(config.instance()).isEqualTo("pod-3");
    assertThat(config.start()).isEqualTo(ScorerConfig.Start.LATEST);
    assertThat(config.delivery()).isEqualTo(Delivery.SHARE);
    assertThat(config.limits()).isEqualTo(new RequestLimits(8, 200_000, 4));
    assertThat(config.generation()).isEqualTo(new GenerationConfig(200, 0.7, 0.9));
    assertThat(config.rowDomains().names()).containsExactlyInAnyOrder("legal", "general.helpful");
    assertThat(config.users().dir()).isEqualTo(Path.of("/data/users"));
    assertThat(config.caches()).isEqualTo(new ScorerConfig.Caches(1 << 20, 0));
    assertThat(config.budget().tokens()).isEqualTo(1000);
    assertThat(config.precision()).isEqualTo(ScorerConfig.PrecisionChoice.BF16);
  }

  @Test
  void shouldNameTheKeyTheValueAndWhatIsAllowed() {
    // Given
    flags.put("scorer.request.max-candidates", "0");

    // When
    Throwable error = catchThrowable(() -> ScorerConfig.from(Configuration.of(flags)));

    // Then
    assertThat(error)
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("scorer.request.max-candidates", "'0'", "1 to 512");
  }

  @Test
  void shouldBeDocumentedAsItIs() {
    // Given
    Path manual = Path.of("..", "docs", "scorer.md");

    // When
    Throwable stale =
        catchThrowable(() -> ConfigDocs.requireCurrent(manual, "scorer", ScorerConfig.ownKeys()));

    // Then
    assertThat(stale).isNull();
  }
}
