package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.model.engine.Precision;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.platform.ConfigDocs;
import dev.attune.platform.ConfigException;
import dev.attune.platform.Configuration;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainerConfigTest {
  private static final Map<String, String> REQUIRED =
      Map.of(
          "kafka.bootstrap.servers", "localhost:9092",
          "schema.registry.url", "http://localhost:8081",
          "trainer.base", "/models/base");

  @Test
  void shouldNeedOnlyTheClusterAndTheBase() {
    // Given
    Configuration configuration = Configuration.of(REQUIRED);

    // When
    TrainerConfig config = TrainerConfig.from(configuration);

    // Then
    assertThat(config.base()).isEqualTo(Path.of("/models/base"));
    assertThat(config.precision()).isEmpty();
    assertThat(config.group()).isEqualTo("attune-trainer-rewards");
    assertThat(config.learning()).isEqualTo(OnlineConfig.defaults());
    assertThat(config.keepVersions()).isEqualTo(3);
  }

  @Test
  void shouldReadWhatIsSet() {
    // Given
    Map<String, String> flags = new HashMap<>(REQUIRED);
    flags.put("trainer.precision", "bf16");
    flags.put("trainer.checkpoint.interval", "500 ms");
    flags.put("trainer.learning.batch-events", "16");

    // When
    TrainerConfig config = TrainerConfig.from(Configuration.of(flags));

    // Then
    assertThat(config.precision()).contains(Precision.BF16);
    assertThat(config.checkpoints().interval()).isEqualTo(Duration.ofMillis(500));
    assertThat(config.learning().batchEvents()).isEqualTo(16);
  }

  @Test
  void shouldNameTheKeyTheValueAndWhatIsAllowed() {
    // Given
    Map<String, String> flags = new HashMap<>(REQUIRED);
    flags.put("trainer.artifacts.keep-versions", "0");

    // When
    assertThatThrownBy(() -> TrainerConfig.from(Configuration.of(flags)))
        // Then
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("trainer.artifacts.keep-versions")
        .hasMessageContaining("0")
        .hasMessageContaining("1 to 100");
  }

  @ParameterizedTest
  @CsvSource({
    "trainer.gate.anchors, 16, trainer.gate.minimum-events",
    "trainer.gate.window, 31, trainer.gate.minimum-events",
    "trainer.gate.margin, 2.0, trainer.gate.bound",
    "trainer.gate.general-margin, 1.99, trainer.gate.bound"
  })
  void shouldNameTheKeysThatDoNotGoTogether(String key, String value, String other) {
    // Given
    Map<String, String> flags = new HashMap<>(REQUIRED);
    flags.put(key, value);

    // When
    assertThatThrownBy(() -> TrainerConfig.from(Configuration.of(flags)))
        // Then
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(key + " = " + value + ": allowed is ")
        .hasMessageContaining(other);
  }

  @Test
  void shouldHaveItsSettingsInTheManual() {
    // Given
    Path manual = Path.of("..", "docs", "configuration.md");

    // When
    Throwable failure =
        catchThrowable(() -> ConfigDocs.requireCurrent(manual, "trainer", TrainerConfig.ownKeys()));

    // Then
    assertThat(failure).isNull();
  }
}
