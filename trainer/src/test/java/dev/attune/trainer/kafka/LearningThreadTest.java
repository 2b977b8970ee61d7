package dev.attune.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.trainer.core.TrainerException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LearningThreadTest {
  private final LearningThread learning = new LearningThread("test", Duration.ofMillis(5));

  @AfterEach
  void stop() {
    learning.close();
  }

  @Test
  void shouldRemindTheCallerDuringALongStep() {
    // Given
    CountDownLatch reminders = new CountDownLatch(3);

    // When
    boolean remindedInTime =
        learning.call(() -> reminders.await(30, TimeUnit.SECONDS), reminders::countDown);

    // Then
    assertThat(remindedInTime).isTrue();
  }

  @Test
  void shouldThrowWhatTheTaskThrew() {
    // Given
    TrainerException failure = new TrainerException("a learner failed");

    // When
    assertThatThrownBy(
            () ->
                learning.run(
                    () -> {
                      throw failure;
                    }))
        // Then
        .isSameAs(failure);
  }

  @Test
  void shouldOutlastATaskThatFails() {
    // Given
    assertThatThrownBy(
            () ->
                learning.run(
                    () -> {
                      throw new IllegalStateException();
                    }))
        .isInstanceOf(IllegalStateException.class);

    // When
    learning.awaitIdle();

    // Then
    assertThat(learning.<Integer>call(() -> 7, () -> {})).isEqualTo(7);
  }
}
