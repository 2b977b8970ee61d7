package dev.attune.cli.users;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.users.Finding.Kind;
import dev.attune.cli.users.Finding.Verdict;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.RewardComponents;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.serde.AvroSerializer;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What each place concludes from what it has read. */
class FindingsTest {
  private static final String TOPIC = "attune.buckets.by-user";
  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 2);

  static {
    // The serdes tell Avro that the generated records may be made.
    new AvroSerializer<ScoreResult>().close();
  }

  private final UserRecords records =
      new UserRecords(record -> Arrays.equals(record.key(), "ann".getBytes(UTF_8)));

  @Test
  void shouldSayUntilWhenALogHoldsTheUsersRecords() {
    // Given
    records.accept(record(1, "ann", "a"));
    records.accept(record(2, "bea", "b"));
    records.accept(record(3, "ann", "c"));
    records.accept(record(4, "ann", null));

    // When
    Finding finding = LogPlace.finding(TOPIC, records, Duration.ofMillis(50));

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(finding.until()).isEqualTo(Instant.ofEpochMilli(53));
    assertThat(finding.detail()).startsWith("2 records");
    assertThat(finding.erased()).isTrue();
  }

  @Test
  void shouldHoldAStoreToTheLastRecordOfEachKey() {
    // Given
    UserRecords changelog =
        new UserRecords(record -> new String(record.key(), UTF_8).startsWith("ann"));
    changelog.accept(record(1, "ann-1", "a"));
    changelog.accept(record(2, "ann-2", "b"));
    changelog.accept(record(3, "ann-1", null));

    // When
    Finding finding = ChangelogPlace.finding("changelog", changelog, null);

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(finding.detail()).isEqualTo("1 keys have a value");
    assertThat(finding.erased()).isFalse();
  }

  @Test
  void shouldTakeADeletedStateForGone() {
    // Given
    records.accept(record(1, "ann", "state"));
    records.accept(record(2, "ann", null));

    // When
    Finding finding = UsersPlace.finding(records);

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.CLEAN);
  }

  @Test
  void shouldNotTakeAnEarlierErasureForTheAnswer() {
    // Given
    Optional<ConsumerRecord<byte[], byte[]>> earlier = Optional.of(record(4, "ann", null));

    // When
    Finding finding = BucketsPlace.finding(earlier, Map.of(PARTITION, 5L));

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(finding.detail()).isEqualTo("ingest has not followed the request yet");
  }

  @Test
  void shouldTakeAnErasureBehindEveryBucketForTheAnswer() {
    // Given
    Optional<ConsumerRecord<byte[], byte[]>> last = Optional.of(record(5, "ann", null));

    // When
    Finding finding = BucketsPlace.finding(last, Map.of(PARTITION, 5L));

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.CLEAN);
  }

  @Test
  void shouldSayThatTheUserIsBack() {
    // Given
    Optional<ConsumerRecord<byte[], byte[]>> last = Optional.of(record(6, "ann", "bucket"));

    // When
    Finding finding = BucketsPlace.finding(last, Map.of(PARTITION, 5L));

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(finding.detail()).contains("sent again");
  }

  @Test
  void shouldHoldAPipelineToItsOffset() {
    // Given
    Optional<ConsumerRecord<byte[], byte[]>> word = Optional.of(record(7, "ann", null));

    // When
    Finding behind = pipeline(word, Map.of(PARTITION, new OffsetAndMetadata(7)), true);
    Finding through = pipeline(word, Map.of(PARTITION, new OffsetAndMetadata(8)), true);

    // Then
    assertThat(behind.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(through.verdict()).isEqualTo(Verdict.CLEAN);
  }

  @Test
  void shouldNotTakeAWrongGroupForAPipelineThatHasNeverRun() {
    // Given
    Optional<ConsumerRecord<byte[], byte[]>> word = Optional.of(record(7, "ann", null));

    // When
    Finding wrong = pipeline(word, Map.of(), true);
    Finding never = pipeline(word, Map.of(), false);

    // Then
    assertThat(wrong.verdict()).isEqualTo(Verdict.NOT_CHECKED);
    assertThat(wrong.erased()).isFalse();
    assertThat(never.verdict()).isEqualTo(Verdict.CLEAN);
  }

  @Test
  void shouldFindEqualRewardsClean() {
    // When
    Finding finding = ScorerPlace.finding(result(0.5, null), result(0.5, null));

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.CLEAN);
  }

  @Test
  void shouldFindTheLeastDifference() {
    // When
    Finding finding = ScorerPlace.finding(result(Math.nextUp(0.5), null), result(0.5, null));

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(finding.detail()).contains("1.11e-16");
  }

  @Test
  void shouldFindAStateThatHappensToGiveTheSameRewards() {
    // When
    Finding finding =
        ScorerPlace.finding(
            result(0.5, new Position("attune.preferences", 2, 9L)), result(0.5, null));

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.HOLDS);
  }

  @Test
  void shouldNotCertifyByAnError() {
    // Given
    ScoreResult error = result(0.5, null);
    error.setError(ScoreErrorCode.INTERNAL);

    // When
    Finding finding = ScorerPlace.finding(error, error);

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.NOT_CHECKED);
    assertThat(finding.kind()).isEqualTo(Kind.STATE);
  }

  @Test
  void shouldNameTheModelsThatHoldTheUsersEvents() {
    // When
    Finding finding = ModelStatesPlace.finding("models", true, 3, List.of("domain/law"));

    // Then
    assertThat(finding.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(finding.detail()).startsWith("domain/law has events of the user");
  }

  @Test
  void shouldSayWhoDeletesWhatWasReplaced() {
    // When
    Finding finding = ReplacedStatesPlace.finding(3, 1);

    // Then
    assertThat(finding.erased()).isFalse();
    assertThat(finding.detail()).startsWith("1 of 3 artifacts").contains("attune models clean");
    assertThat(ReplacedStatesPlace.finding(3, 0).erased()).isTrue();
  }

  @Test
  void shouldFindBytesWhereverTheyStand() {
    // Given
    byte[] whole = {1, 2, 3, 1, 2, 4};

    // When
    boolean found = ByteSearch.contains(whole, new byte[] {1, 2, 4});

    // Then
    assertThat(found).isTrue();
    assertThat(ByteSearch.contains(whole, new byte[] {2, 4, 1})).isFalse();
  }

  @Test
  void shouldReadDeviationsFromTheUpperTriangle() {
    // Given
    List<Float> covariance = List.of(4f, 9f, 9f, 16f, 9f, 36f);

    // When
    double mean = UserReport.deviation(3, covariance);

    // Then
    assertThat(mean).isEqualTo((2 + 4 + 6) / 3.0);
  }

  private static Finding pipeline(
      Optional<ConsumerRecord<byte[], byte[]>> word,
      Map<TopicPartition, OffsetAndMetadata> offsets,
      boolean statesThere) {
    return PipelinePlace.finding("users", "group", word, offsets, statesThere);
  }

  private static ScoreResult result(double reward, @Nullable Position included) {
    return ScoreResult.newBuilder()
        .setRequestId("")
        .setUserId("ann")
        .setDomain("general")
        .setCandidates(
            List.of(
                CandidateScore.newBuilder()
                    .setId("a")
                    .setReward(reward)
                    .setDomainReward(reward)
                    .setRank(1)
                    .setComponents(RewardComponents.newBuilder().setDomain(reward).build())
                    .build()))
        .setBestPreferred(List.of())
        .setIncluded(included)
        .setSource(new Position("attune.prompts", 0, 0L))
        .build();
  }

  private static ConsumerRecord<byte[], byte[]> record(
      long offset, String key, @Nullable String value) {
    return new ConsumerRecord<>(
        TOPIC,
        PARTITION.partition(),
        offset,
        offset,
        TimestampType.CREATE_TIME,
        0,
        0,
        key.getBytes(UTF_8),
        value == null ? null : value.getBytes(UTF_8),
        new RecordHeaders(),
        Optional.empty());
  }
}
