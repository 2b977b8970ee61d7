package dev.attune.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.model.io.ModelFormatException;
import dev.attune.platform.Configuration;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScorerAppTest {
  @TempDir Path dir;

  @Test
  void shouldNameABaseThatIsNotThere() {
    // Given
    Path missing = dir.resolve("no-base");
    try (ScorerApp app = app(missing)) {
      // When
      Throwable error = catchThrowable(app::start);

      // Then
      assertThat(error).isInstanceOf(ModelFormatException.class).hasMessageContaining("no-base");
      assertThat(app.live()).isFalse();
      assertThat(app.ready()).isFalse();
    }
  }

  @Test
  void shouldCloseWithoutHavingStarted() {
    // Given
    ScorerApp app = app(dir);

    // When
    app.close();

    // Then
    assertThat(app.live()).isTrue();
    assertThat(app.ready()).isFalse();
  }

  private static ScorerApp app(Path base) {
    Map<String, String> flags =
        Map.of(
            "kafka.bootstrap.servers", "localhost:1",
            "schema.registry.url", "http://localhost:1",
            "scorer.base", base.toString(),
            "scorer.precision", "fp32");
    return new ScorerApp(ScorerConfig.from(Configuration.of(flags)), new SimpleMeterRegistry());
  }
}
