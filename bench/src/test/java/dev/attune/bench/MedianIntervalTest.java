package dev.attune.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MedianIntervalTest {
  /** From tables of the sign test. */
  @ParameterizedTest
  @CsvSource({"5, 1, 5, .9375", "6, 1, 6, .9688", "10, 2, 9, .9785", "20, 6, 15, .9586"})
  void shouldBeTheSignTests(int n, double low, double high, double confidence) {
    // Given: 1 to n, the largest first
    double[] values = IntStream.range(0, n).mapToDouble(i -> n - i).toArray();

    // When
    MedianInterval interval = MedianInterval.of(values);

    // Then
    assertThat(interval.low()).isEqualTo(low);
    assertThat(interval.median()).isEqualTo((n + 1) / 2.0);
    assertThat(interval.high()).isEqualTo(high);
    assertThat(interval.confidence()).isCloseTo(confidence, within(1e-4));
  }

  @Test
  void shouldBeOfNoConfidenceForOneValue() {
    // Given
    double[] values = {3};

    // When
    MedianInterval interval = MedianInterval.of(values);

    // Then
    assertThat(interval).isEqualTo(new MedianInterval(3, 3, 3, 0));
  }
}
