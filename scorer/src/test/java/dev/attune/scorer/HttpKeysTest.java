package dev.attune.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.platform.ConfigDocs;
import dev.attune.platform.ConfigException;
import dev.attune.platform.Configuration;
import dev.attune.scorer.http.DoorConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpKeysTest {
  private static final String TOKEN = "0123456789abcdef";

  @TempDir Path dir;
  private final Map<String, String> flags = new HashMap<>(Map.of("scorer.http.port", "8090"));

  @Test
  void shouldHaveNoDoorWithoutAPort() {
    // Given
    flags.remove("scorer.http.port");

    // When
    DoorConfig door = HttpKeys.read(Configuration.of(flags));

    // Then
    assertThat(door).isNull();
  }

  @Test
  void shouldStayOnTheLoopbackAddressUnlessTold() {
    // When
    DoorConfig door = HttpKeys.read(Configuration.of(flags));

    // Then
    assertThat(door.host()).isEqualTo("127.0.0.1");
    assertThat(door.port()).isEqualTo(8090);
    assertThat(door.tokens().isEmpty()).isTrue();
  }

  @Test
  void shouldNotLeaveTheLoopbackAddressWithoutAToken() {
    // Given
    flags.put("scorer.http.host", "0.0.0.0");

    // When
    var failure = assertThatThrownBy(() -> HttpKeys.read(Configuration.of(flags)));

    // Then
    failure
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("scorer.http.host", "'0.0.0.0'", "scorer.http.tokens", "loopback");
  }

  @Test
  void shouldListenAnywhereWithATokenOfEitherKind() throws IOException {
    // Given
    flags.put("scorer.http.host", "0.0.0.0");
    Path file = Files.writeString(dir.resolve("tokens"), TOKEN);
    Map<String, String> withFile = new HashMap<>(flags);
    withFile.put("scorer.http.tokens-file", file.toString());
    flags.put("scorer.http.tokens", TOKEN);

    // When
    DoorConfig door = HttpKeys.read(Configuration.of(flags));

    // Then
    assertThat(door.tokens().isEmpty()).isFalse();
    assertThat(HttpKeys.read(Configuration.of(withFile)).tokens().isEmpty()).isFalse();
  }

  @Test
  void shouldNotPrintTokens() {
    // Given
    flags.put("scorer.http.tokens", TOKEN);
    Configuration configuration = Configuration.of(flags);

    // When
    Map<String, String> printed = configuration.describe(HttpKeys.all());

    // Then
    assertThat(printed.toString()).doesNotContain(TOKEN).contains("scorer.http.tokens=****");
    assertThat(HttpKeys.read(configuration).toString()).doesNotContain(TOKEN);
  }

  @Test
  void shouldSayWhichLimitsDoNotGoTogether() {
    // Given
    flags.put("scorer.http.max-connections", "256");

    // When
    var failure = assertThatThrownBy(() -> HttpKeys.read(Configuration.of(flags)));

    // Then
    failure
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("scorer.http.max-connections = 256", "scorer.http.max-in-flight");
  }

  @Test
  void shouldBeDocumentedAsTheyAre() {
    // Given
    Path manual = Path.of("..", "docs", "scorer.md");

    // When
    Throwable stale =
        catchThrowable(() -> ConfigDocs.requireCurrent(manual, "scorer-http", HttpKeys.all()));

    // Then
    assertThat(stale).isNull();
  }
}
