package dev.attune.ingest.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RepeatedTextsTest {

  @Test
  void shouldRememberTheLatestOnly() {
    // Given
    RepeatedTexts texts = RepeatedTexts.none().with(-1).with(-1);

    // When
    RepeatedTexts later = texts;
    for (int i = 0; i < RepeatedTexts.CAPACITY - 1; i++) {
      later = later.with(i);
    }

    // Then
    assertThat(texts.count(-1)).isEqualTo(2);
    assertThat(later.count(-1)).isEqualTo(1);
    assertThat(later.with(-2).count(-1)).isZero();
    assertThat(later.with(-2).hashes())
        .hasSize(RepeatedTexts.CAPACITY)
        .startsWith(0, 1)
        .endsWith(RepeatedTexts.CAPACITY - 2, -2);
  }
}
