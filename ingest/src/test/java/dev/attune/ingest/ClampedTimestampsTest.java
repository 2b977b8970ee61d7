package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClampedTimestampsTest {
  @ParameterizedTest(name = "a record of {0}, now 100, where the partition is at {1}: {2}")
  @CsvSource({
    "90, -1, 90", // as it is
    "90, 80, 90",
    "70, 80, 80", // not before the partition's time
    "200, 80, 100", // not after now
    "-1, 80, 100", // none
    "200, 120, 120", // a clock that is behind
    "90, 120, 120"
  })
  void shouldNeitherGoBackNorAheadOfTheClock(long written, long partitionTime, long expected) {
    // Given
    ConsumerRecord<Object, Object> record =
        new ConsumerRecord<>(
            "topic",
            0,
            0,
            written,
            TimestampType.CREATE_TIME,
            0,
            0,
            null,
            null,
            new RecordHeaders(),
            Optional.empty());

    // When
    long time =
        new ClampedTimestamps(() -> Instant.ofEpochMilli(100)).extract(record, partitionTime);

    // Then
    assertThat(time).isEqualTo(expected);
  }
}
