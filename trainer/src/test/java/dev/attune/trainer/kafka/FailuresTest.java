package dev.attune.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.trainer.core.TrainerException;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailuresTest {
  @ParameterizedTest
  @MethodSource("failures")
  void shouldTellWhatPassesFromWhatNeedsAPerson(RuntimeException failure, boolean expected) {
    // Given
    Throwable wrapped = new KafkaException("in an error state", failure);

    // When
    boolean recoverable = Failures.recoverable(failure);

    // Then
    assertThat(recoverable).isEqualTo(expected);
    if (failure instanceof KafkaException) {
      assertThat(Failures.recoverable(wrapped)).isEqualTo(expected);
    }
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new ProducerFencedException("fenced"), true),
        Arguments.of(new CommitFailedException(), true),
        Arguments.of(new TimeoutException(), true),
        Arguments.of(new TopicAuthorizationException("attune.models"), false),
        Arguments.of(new RecordTooLargeException(), false),
        Arguments.of(new TrainerException("another base"), false),
        Arguments.of(new IllegalStateException(), false));
  }
}
