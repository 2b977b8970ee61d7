package dev.attune.trainer.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EpochScheduleTest {
  @Test
  void shouldDoubleUntilTheLongestInterval() {
    // Given
    EpochSchedule schedule = new EpochSchedule(64, 300);

    // When
    List<Long> epochs = LongStream.iterate(0, schedule::after).skip(1).limit(7).boxed().toList();

    // Then
    assertThat(epochs).containsExactly(64L, 128L, 256L, 512L, 812L, 1112L, 1412L);
  }

  @Test
  void shouldKeepToItsStepsWhereAnEpochCameLate() {
    // Given
    EpochSchedule schedule = new EpochSchedule(64, 300);

    // When
    List<Long> next = LongStream.of(70, 128, 600, 811, 812).mapToObj(schedule::after).toList();

    // Then
    assertThat(next).containsExactly(128L, 256L, 812L, 812L, 1112L);
  }

  @Test
  void shouldRefuseNoEvents() {
    assertThatThrownBy(() -> new EpochSchedule(0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("first 0");
  }
}
