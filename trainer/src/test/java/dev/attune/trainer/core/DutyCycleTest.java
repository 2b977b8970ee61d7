package dev.attune.trainer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DutyCycleTest {
  private final List<Long> rests = new ArrayList<>();
  private long now = 1_000;

  @Test
  void shouldRestInProportionToTheWork() {
    // Given
    DutyCycle cycle = cycle(0.25);

    // When
    for (long work : new long[] {100, 40}) {
      now += work;
      cycle.rest();
    }

    // Then
    assertThat(rests).containsExactly(300L, 120L);
  }

  @Test
  void shouldNotRestWhereAllTheTimeIsForWork() {
    // Given
    DutyCycle cycle = cycle(1);
    now += 100;

    // When
    cycle.rest();

    // Then
    assertThat(rests).isEmpty();
  }

  @Test
  void shouldEndARestWhenItIsStopped() {
    // Given
    CountDownLatch stop = new CountDownLatch(1);
    DutyCycle cycle = new DutyCycle(1e-12, stop);
    stop.countDown();

    // When
    cycle.rest();

    // Then
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, 1.01, Double.NaN})
  void shouldRefuseAShareThatIsNone(double share) {
    // When / Then
    assertThatThrownBy(() -> cycle(share))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("allowed is above 0, up to 1");
  }

  private DutyCycle cycle(double share) {
    return new DutyCycle(
        share,
        most -> {
          rests.add(most);
          now += most;
        },
        () -> now);
  }
}
