package dev.attune.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.WireFormatException;
import dev.attune.trainer.core.TrainerException;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;
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

  @Test
  void shouldWaitForARegistryThatIsAway() {
    // Given
    byte[] record = {0, 0, 0, 0, 1, 0};
    try (AvroDeserializer<PreferenceBucket> deserializer = new AvroDeserializer<>()) {
      deserializer.configure(
          Map.of("schema.registry.url", "http://127.0.0.1:1", "max.retries", 0), false);
      Throwable away = catchThrowable(() -> deserializer.deserialize("topic", record));

      // When
      boolean recoverable =
          Failures.recoverable(
              new RecordDeserializationException(
                  new TopicPartition("topic", 0), 0, "cannot be read", away));

      // Then
      assertThat(away).isInstanceOf(WireFormatException.class);
      assertThat(recoverable).isTrue();
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
