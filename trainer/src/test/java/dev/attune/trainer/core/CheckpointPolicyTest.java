package dev.attune.trainer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CheckpointPolicyTest {
  private static final long SECOND = 1_000_000_000L;
  private final CheckpointPolicy policy = new CheckpointPolicy(3, 10, Duration.ofSeconds(5));
  private final CheckpointPolicy.Progress progress = policy.new Progress();

  @Test
  void shouldWaitWhereNothingHappened() {
    // Given
    progress.add(1, 0);
    progress.committed();

    // When
    boolean due = progress.due(1_000 * SECOND);

    // Then
    assertThat(due).isFalse();
  }

  @Test
  void shouldBeDueAfterSoManyBuckets() {
    // Given
    progress.add(0, 0);
    progress.add(0, 0);
    boolean before = progress.due(0);

    // When
    progress.add(0, 0);

    // Then
    assertThat(before).isFalse();
    assertThat(progress.due(0)).isTrue();
  }

  @Test
  void shouldBeDueAfterSoManySteps() {
    // Given
    progress.add(9, 0);
    boolean before = progress.due(0);

    // When
    progress.add(1, 0);

    // Then
    assertThat(before).isFalse();
    assertThat(progress.due(0)).isTrue();
  }

  @Test
  void shouldBeDueSoLongAfterTheFirstBucket() {
    // Given
    progress.add(1, 100 * SECOND);
    progress.add(1, 104 * SECOND);

    // When
    boolean due = progress.due(105 * SECOND);

    // Then
    assertThat(progress.due(105 * SECOND - 1)).isFalse();
    assertThat(due).isTrue();
  }

  @Test
  void shouldNameWhatIsNotAllowed() {
    // Given
    Duration zero = Duration.ZERO;

    // When
    assertThatThrownBy(() -> new CheckpointPolicy(1, 1, zero))
        // Then
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("interval = PT0S");
  }
}
