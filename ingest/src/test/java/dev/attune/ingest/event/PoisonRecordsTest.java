package dev.attune.ingest.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.streams.errors.ProcessorStateException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PoisonRecordsTest {
  private static final String TOPIC = "t";

  private final PoisonRecords poison = new PoisonRecords(2);

  @Test
  void shouldSetARecordAsideAfterSoManyFailures() {
    // Given
    poison.failed(TOPIC, 1, 5, new IllegalStateException());
    boolean afterOne = poison.setAside(TOPIC, 1, 5);

    // When
    poison.failed(TOPIC, 1, 5, new IllegalStateException());

    // Then
    assertThat(afterOne).isFalse();
    assertThat(poison.setAside(TOPIC, 1, 5)).isTrue();
    assertThat(poison.setAside(TOPIC, 1, 6)).isFalse();
    assertThat(poison.setAside(TOPIC, 2, 5)).isFalse();
    assertThat(poison.setAside("other", 1, 5)).isFalse();
    assertThat(catchThrowable(() -> poison.requireUntainted(TOPIC, 1, 5)))
        .isInstanceOfSatisfying(
            RejectedEventException.class,
            e -> assertThat(e.reason()).isEqualTo(RejectionReason.UNPROCESSABLE));
  }

  @ParameterizedTest
  @MethodSource("othersFaults")
  void shouldNotBlameARecordForWhatIsAroundIt(RuntimeException failure) {
    // When
    int count = poison.failed(TOPIC, 1, 5, failure);

    // Then
    assertThat(count).isZero();
    assertThat(poison.explains(failure)).isFalse();
  }

  static Stream<RuntimeException> othersFaults() {
    return Stream.of(
        new TimeoutException("brokers"),
        new ProcessorStateException("disk"),
        new UncheckedIOException(new IOException("disk")),
        new StreamsException("wrapped", new TimeoutException("brokers")));
  }

  @Test
  void shouldBlameARecordThatCannotBeWritten() {
    // When
    int count =
        poison.failed(
            TOPIC, 1, 5, new StreamsException("send", new SerializationException("a null")));

    // Then
    assertThat(count).isEqualTo(1);
  }

  @Test
  void shouldExplainAThreadsFailureUntilARecordFailsThoughItIsSetAside() {
    // Given
    IllegalStateException first = new IllegalStateException();
    IllegalStateException second = new IllegalStateException();
    IllegalStateException third = new IllegalStateException();
    poison.failed(TOPIC, 1, 5, first);
    poison.failed(TOPIC, 1, 5, second);

    // When
    poison.failed(TOPIC, 1, 5, third);

    // Then
    assertThat(poison.explains(new StreamsException("thread", first))).isTrue();
    assertThat(poison.explains(new StreamsException("thread", second))).isTrue();
    assertThat(poison.explains(new StreamsException("thread", third))).isFalse();
    assertThat(poison.explains(new IllegalStateException())).isFalse();
  }
}
