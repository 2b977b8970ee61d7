package dev.attune.ingest.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
  private static final int PER_MINUTE = 60;
  private static final int BURST = 10;
  private static final long START = 1_000_000;

  @Test
  void shouldGetATokenBackEverySecond() {
    // Given
    TokenBucket empty = new TokenBucket(0, START);

    // When
    TokenBucket later = empty.refilled(START + 2_500, PER_MINUTE, BURST);

    // Then
    assertThat(later).isEqualTo(new TokenBucket(2.5, START + 2_500));
    assertThat(empty.refilled(START + 999, PER_MINUTE, BURST).isEmpty()).isTrue();
    assertThat(empty.refilled(START + 1_000, PER_MINUTE, BURST).isEmpty()).isFalse();
  }

  @Test
  void shouldNotHoldMoreThanTheBurst() {
    // Given
    TokenBucket full = TokenBucket.full(BURST, START);

    // When
    TokenBucket later = full.refilled(START + 3_600_000, PER_MINUTE, BURST);

    // Then
    assertThat(later.tokens()).isEqualTo(BURST);
  }

  @Test
  void shouldGetNothingForATimeThatWentBack() {
    // Given
    TokenBucket empty = new TokenBucket(0, START);

    // When
    TokenBucket back = empty.refilled(START - 60_000, PER_MINUTE, BURST);

    // Then
    assertThat(back).isEqualTo(empty);
    assertThat(back.refilled(START, PER_MINUTE, BURST).tokens()).isZero();
  }
}
