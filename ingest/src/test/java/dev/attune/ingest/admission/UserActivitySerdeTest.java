package dev.attune.ingest.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;

class UserActivitySerdeTest {
  private static final long[] FULL =
      LongStream.range(0, RepeatedTexts.CAPACITY).map(i -> i * Long.MAX_VALUE).toArray();

  private final UserActivitySerde serde = new UserActivitySerde();
  private final UserActivity activity =
      new UserActivity(
          new TokenBucket(12.25, 1_700_000_000_123L),
          RepeatedTexts.of(FULL),
          new PositionRun(3, 99));

  @Test
  void shouldReadWhatItWrote() {
    // Given
    byte[] bytes = serde.serializer().serialize("", activity);

    // When
    UserActivity read = serde.deserializer().deserialize("", bytes);

    // Then
    assertThat(bytes).hasSize(537);
    assertThat(read.rate()).isEqualTo(activity.rate());
    assertThat(read.run()).isEqualTo(activity.run());
    assertThat(read.texts().hashes()).isEqualTo(FULL);
  }

  @Test
  void shouldStartAnewWithAVersionThatItDoesNotKnow() {
    // Given
    byte[] bytes = serde.serializer().serialize("", activity);
    bytes[0] = 2;

    // When
    UserActivity read = serde.deserializer().deserialize("", bytes);

    // Then
    assertThat(read).isNull();
  }

  @Test
  void shouldNotTakeHalfARecordForAWhole() {
    // Given
    byte[] bytes = Arrays.copyOf(serde.serializer().serialize("", activity), 30);

    // When
    Throwable thrown = catchThrowable(() -> serde.deserializer().deserialize("", bytes));

    // Then
    assertThat(thrown).isInstanceOf(SerializationException.class);
  }
}
