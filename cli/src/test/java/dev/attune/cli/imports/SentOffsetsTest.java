package dev.attune.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SentOffsetsTest {
  @Test
  void shouldTakeEachPlaceOffOnce() {
    // Given
    SentOffsets sent = new SentOffsets();
    sent.add(0, 5_000_000_000L);
    sent.add(0, 5_000_000_002L);
    sent.add(1, 0);

    // When
    boolean first = sent.remove(0, 5_000_000_002L);

    // Then
    assertThat(first).isTrue();
    assertThat(sent.remove(0, 5_000_000_002L)).isFalse();
    assertThat(sent.remove(0, 5_000_000_001L)).isFalse();
    assertThat(sent.remove(0, 1)).isFalse();
    assertThat(sent.remove(7, 0)).isFalse();
    assertThat(sent.count()).isEqualTo(2);
  }
}
