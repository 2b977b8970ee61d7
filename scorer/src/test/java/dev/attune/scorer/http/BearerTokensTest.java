package dev.attune.scorer.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.platform.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BearerTokensTest {
  private static final String TOKEN = "0123456789abcdef";

  @TempDir Path dir;

  @Test
  void shouldReadAFileWithATokenALine() throws IOException {
    // Given
    Path file =
        Files.writeString(
            dir.resolve("tokens"), "# of the shop\n" + TOKEN + "\n\nfedcba9876543210\n");

    // When
    BearerTokens tokens = BearerTokens.read(file, "scorer.http.tokens-file");

    // Then
    assertThat(tokens.admit("Bearer " + TOKEN)).isTrue();
    assertThat(tokens.admit("Bearer fedcba9876543210")).isTrue();
    assertThat(tokens.admit("Bearer # of the shop")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0123456789abcde",
        "0123456789abcdef,",
        "0123456789abc\ndef",
        "ümlaut-ümlaut-ümlaut"
      })
  void shouldRefuseATokenThatIsNoneWithoutShowingIt(String text) {
    // When
    var failure = assertThatThrownBy(() -> BearerTokens.parse(text, "scorer.http.tokens"));

    // Then
    failure
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("scorer.http.tokens", "16 to 500")
        .hasMessageNotContaining(text.substring(0, 12));
  }

  @Test
  void shouldNameAFileThatHasNone() throws IOException {
    // Given
    Path file = Files.writeString(dir.resolve("tokens"), "\n");

    // When
    var failure = assertThatThrownBy(() -> BearerTokens.read(file, "scorer.http.tokens-file"));

    // Then
    failure
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("scorer.http.tokens-file", file.toString(), "no token");
  }

  @Test
  void shouldNameAFileThatIsNotThere() {
    // Given
    Path file = dir.resolve("absent");

    // When
    var failure = assertThatThrownBy(() -> BearerTokens.read(file, "scorer.http.tokens-file"));

    // Then
    failure.isInstanceOf(ConfigException.class).hasMessageContaining(file.toString());
  }

  @Test
  void shouldAdmitEverybodyWhereThereAreNone() {
    // When
    boolean admitted = BearerTokens.NONE.admit(null);

    // Then
    assertThat(admitted).isTrue();
  }
}
