package dev.attune.trainer.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.model.head.BasisChange;
import dev.attune.model.head.FeaturePair;
import dev.attune.model.policy.EpochChange;
import dev.attune.model.policy.Policy;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.RewardComponents;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.trainer.core.TrainerException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class UserPartitionTest {
  private static final int REFERENCES = 4;
  private static final UsersStart START = new UsersStart(0, 0, Instant.EPOCH);

  private final List<BucketRecord> log = new ArrayList<>();
  private final AtomicInteger passes = new AtomicInteger();
  private final MapUserStore store = new MapUserStore();
  private UserPartition partition = new UserPartition(store, null, START);
  private UserTrainer trainer = trainer(FakePasses.policy(1));
  private Tally tally = new Tally();

  @Test
  void shouldGiveTheSameStatesHoweverTheLogIsCut() {
    // Given
    for (int i = 0; i < 30; i++) {
      append("user-" + i % 3, UserBuckets.of("user-" + i % 3, 2L * i, 2L * i + 1));
    }
    append("user-1", UserBuckets.retracting("user-1", 60, 56));
    append("user-2", null);
    append("user-2", UserBuckets.of("user-2", 61));
    learn(33);
    Map<String, byte[]> together = Map.copyOf(store.bytes());
    MapUserStore other = new MapUserStore();
    partition = new UserPartition(other, null, START);

    // When
    learn(1);

    // Then
    assertThat(other.bytes()).hasSize(3).containsExactlyInAnyOrderEntriesOf(together);
  }

  @Test
  void shouldCountAndReferToWhatItLearned() {
    // Given
    append("ann", UserBuckets.of("ann", 5, 6));
    append("ann", UserBuckets.of("ann", 7, 8, 9));

    // When
    learn(2);

    // Then
    UserEmbedding ann = state("ann");
    assertThat(ann.getEvents()).isEqualTo(5);
    assertThat(ann.getComparisons()).isEqualTo(5);
    assertThat(ann.getJudgements()).isEqualTo(5);
    assertThat(ann.getFirstBucket()).isZero();
    assertThat(ann.getIncluded()).isEqualTo(new Position("attune.preferences", 3, 9L));
    assertThat(ann.getLastEventAt()).isEqualTo(UserBuckets.TIME.plus(Duration.ofMinutes(9)));
    assertThat(ann.getReferences())
        .containsExactly(
            new EventReference(6L, 0L, "law"),
            new EventReference(7L, 1L, "law"),
            new EventReference(8L, 1L, "law"),
            new EventReference(9L, 1L, "law"));
  }

  @Test
  void shouldMoveThePositionByABucketThatSaysNothing() {
    // Given
    append("ann", UserBuckets.covering("ann", 4L, 7L));

    // When
    learn(1);

    // Then
    UserEmbedding ann = state("ann");
    assertThat(ann.getIncluded().getOffset()).isEqualTo(7);
    assertThat(ann.getEvents()).isZero();
    assertThat(UserEmbeddings.state(ann)).isEqualTo(trainer.policy().generic());
  }

  @Test
  void shouldBeAsIfARetractedEventHadNeverBeen() {
    // Given
    append("ann", UserBuckets.of("ann", 1, 2, 3));
    append("ann", UserBuckets.retracting("ann", 4, 2));
    append("bob", UserBuckets.of("bob", 1, 3));

    // When
    learn(3);

    // Then
    UserEmbedding ann = state("ann");
    append("ann", null);
    append("ann", UserBuckets.of("ann", 1, 3));
    learn(2);
    UserEmbedding without = state("ann");
    assertThat(ann.getHeadMean()).isEqualTo(without.getHeadMean());
    assertThat(ann.getHeadCovariance()).isEqualTo(without.getHeadCovariance());
    assertThat(ann.getEvents()).isEqualTo(2);
    assertThat(ann.getComparisons()).isEqualTo(2);
    assertThat(ann.getRetracted()).isEqualTo(1);
    assertThat(ann.getReferences()).extracting(EventReference::getOffset).containsExactly(1L, 3L);
  }

  @Test
  void shouldTakeARetractedEventOutToFirstOrderWhereNotAllAreReferredTo() {
    // Given
    long[] all = LongStream.range(0, 12).toArray();
    append("ann", UserBuckets.of("ann", all));
    learn(1);
    UserEmbedding with = state("ann");
    append("ann", UserBuckets.retracting("ann", 12, 10));

    // When
    learn(1);

    // Then
    UserEmbedding ann = state("ann");
    append("ann", null);
    append("ann", UserBuckets.of("ann", LongStream.of(all).filter(n -> n != 10).toArray()));
    learn(2);
    UserEmbedding without = state("ann");
    assertThat(distance(ann, without)).isLessThan(0.3 * distance(with, without));
    assertThat(ann.getEvents()).isEqualTo(11);
  }

  @Test
  void shouldLeaveWhatNoReferenceLeadsTo() {
    // Given
    append("ann", UserBuckets.of("ann", 0, 1, 2, 3, 4, 5));
    learn(1);
    UserEmbedding before = state("ann");
    append("ann", UserBuckets.retracting("ann", 6, 0));

    // When
    learn(1);

    // Then
    assertThat(state("ann").getHeadMean()).isEqualTo(before.getHeadMean());
    assertThat(state("ann").getEvents()).isEqualTo(6);
    assertThat(tally.notFound()).isEqualTo(1);
  }

  @Test
  void shouldMakeAnErasedUserGeneric() {
    // Given
    append("ann", UserBuckets.of("ann", 1, 2, 3));
    append("ann", null);
    append("ann", UserBuckets.covering("ann", 9L));

    // When
    learn(3);

    // Then
    assertThat(UserEmbeddings.state(state("ann"))).isEqualTo(trainer.policy().generic());
    assertThat(state("ann").getFirstBucket()).isEqualTo(2);
    assertThat(state("ann").getReferences()).isEmpty();
    assertThat(tally.erased()).isEqualTo(1);
  }

  @Test
  void shouldForgetABatchThatWasNotCommitted() {
    // Given
    append("ann", UserBuckets.of("ann", 1));
    append("ann", UserBuckets.of("ann", 2));
    learn(1);
    Map<String, byte[]> expected = Map.copyOf(store.bytes());
    partition = new UserPartition(store, null, START);
    append("ann", UserBuckets.of("ann", 3));

    // When
    partition.learnHeads(log, trainer, false);

    // Then
    assertThat(store.bytes()).isEqualTo(expected);
    assertThat(partition.users()).isEqualTo(1);
  }

  @Test
  void shouldGoOnFromABatchThatIsBeingCommitted() {
    // Given
    append("ann", UserBuckets.of("ann", 1));
    append("bob", UserBuckets.of("bob", 1));
    append("bob", null);
    append("ann", UserBuckets.of("ann", 2));
    partition.learnHeads(log.subList(0, 3), trainer, false);
    partition.closeBatch();

    // When
    partition.learnHeads(log.subList(3, 4), trainer, false);

    // Then
    assertThat(store.bytes()).isEmpty();
    partition.committed();
    assertThat(store.bytes()).containsOnlyKeys("ann");
    assertThat(state("ann").getEvents()).isEqualTo(1);
    assertThat(partition.position()).isEqualTo(3);
    assertThat(partition.learnedMore()).isTrue();
    assertThat(partition.closeBatch().changes()).containsOnlyKeys("ann");
    partition.committed();
    assertThat(state("ann").getEvents()).isEqualTo(2);
    assertThat(partition.position()).isEqualTo(4);
    assertThat(partition.learnedMore()).isFalse();
  }

  @Test
  void shouldCommitOneBatchAtATime() {
    // Given
    append("ann", UserBuckets.of("ann", 1));
    partition.learnHeads(log, trainer, false);
    partition.closeBatch();

    // When
    assertThatThrownBy(partition::closeBatch)
        // Then
        .isInstanceOf(IllegalStateException.class);
    partition.committed();
    assertThatThrownBy(partition::committed).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldForgetIdleUsersOfABatchThatIsBeingCommitted() {
    // Given
    partition = new UserPartition(store, Duration.ofDays(10), START);
    append("ann", UserBuckets.of("ann", 1));
    append("cid", UserBuckets.of("cid", 12 * 24 * 60));
    partition.learnHeads(log.subList(0, 1), trainer, false);
    partition.closeBatch();

    // When
    partition.learnHeads(log.subList(1, 2), trainer, false);

    // Then
    partition.committed();
    assertThat(partition.users()).isEqualTo(1);
    partition.closeBatch();
    partition.committed();
    assertThat(store.bytes()).containsOnlyKeys("cid");
    assertThat(partition.users()).isEqualTo(1);
  }

  @Test
  void shouldForgetIdleUsersWhenADayBegins() {
    // Given
    Duration idle = Duration.ofDays(10);
    partition = new UserPartition(store, idle, START);
    append("ann", UserBuckets.of("ann", 1));
    append("bob", UserBuckets.of("bob", 5 * 24 * 60));
    append("cid", UserBuckets.of("cid", 12 * 24 * 60));

    // When
    learn(1);

    // Then
    assertThat(store.bytes()).containsOnlyKeys("bob", "cid");
    assertThat(tally.expired()).isEqualTo(1);
  }

  @Test
  void shouldCarryAStateToANewEpoch() {
    // Given
    append("ann", UserBuckets.of("ann", 1, 2));
    learn(1);
    Policy second = second();
    UserEmbedding before = state("ann");
    trainer = trainer(second);
    append("ann", UserBuckets.covering("ann", 3L));

    // When
    learn(1);

    // Then
    UserEmbedding ann = state("ann");
    assertThat(ann.getEpoch()).isEqualTo(2);
    assertThat(UserEmbeddings.state(ann)).isEqualTo(second.carry(UserEmbeddings.state(before)));
  }

  @Test
  void shouldRefuseAStateOfALaterEpoch() {
    // Given
    trainer = trainer(second());
    append("ann", UserBuckets.of("ann", 1));
    learn(1);
    trainer = trainer(FakePasses.policy(1));
    append("ann", UserBuckets.of("ann", 2));

    // When
    assertThatThrownBy(() -> learn(1))
        // Then
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("epoch 2")
        .hasMessageContaining("epoch 1");
  }

  @Test
  void shouldUseServedCoordinatesOfItsOwnEpochOnly() {
    // Given
    append("ann", served(1, 1L, List.of(1f, 0f, 0f, 1f)));
    append("ann", served(2, 2L, List.of(1f, 0f, 0f, 1f)));
    append("ann", served(3, 1L, List.of(Float.NaN, 0f, 0f, 1f)));

    // When
    learn(3);

    // Then
    assertThat(tally.servedCoordinates()).isEqualTo(2);
    assertThat(tally.refusedCoordinates()).isEqualTo(2);
    assertThat(passes).hasValue(4);
    assertThat(state("ann").getHeadMean()).allSatisfy(value -> assertThat(value).isFinite());
  }

  @Test
  void shouldLearnLessFromWhatTheDomainExplains() {
    // Given
    PreferenceBucket plain = UserBuckets.of("ann", 1);
    PreferenceBucket explained = UserBuckets.of("bob", 1);
    List.of(plain, explained)
        .forEach(
            bucket -> {
              Feedback feedback = bucket.getFeedback().get(0);
              feedback.setJudgements(List.of());
              feedback.setReplies(
                  List.of(UserBuckets.reply("a", 0, "first"), UserBuckets.reply("b", 1, "second")));
            });
    List<Reply> replies = explained.getFeedback().get(0).getReplies();
    replies.get(0).setServedComponents(new RewardComponents(3.0, null, null, null));
    replies.get(1).setServedComponents(new RewardComponents(0.0, null, null, null));
    append("ann", plain);
    append("bob", explained);

    // When
    learn(2);

    // Then
    assertThat(length(state("bob"))).isLessThan(0.3 * length(state("ann"))).isPositive();
  }

  @Test
  void shouldPredictBeforeItLearns() {
    // Given
    PreferenceBucket bucket = UserBuckets.of("ann", 1);
    bucket.getFeedback().get(0).setJudgements(List.of());
    append("ann", bucket);
    append("ann", bucket);

    // When
    learn(2);

    // Then
    List<Prediction> predictions = tally.predictions();
    assertThat(predictions).hasSize(2);
    assertThat(predictions.get(0).personal()).isEqualTo(predictions.get(0).generic());
    assertThat(predictions.get(0).tenure()).isZero();
    assertThat(predictions.get(1).personal()).isGreaterThan(predictions.get(1).generic());
    assertThat(predictions.get(1).tenure()).isEqualTo(1);
  }

  @Test
  void shouldReadARepeatedReplyOnce() {
    // Given
    append("ann", UserBuckets.of("ann", 1));
    append("ann", UserBuckets.of("ann", 1));

    // When
    learn(1);

    // Then
    assertThat(passes).hasValue(2);
  }

  @Test
  void shouldReadAllThatABatchLacksInOnePassWhereAsked() {
    // Given
    append("ann", UserBuckets.of("ann", 1, 2));
    append("bob", UserBuckets.of("bob", 3));

    // When
    partition.learnHeads(log, trainer, true);

    // Then
    assertThat(passes).hasValue(1);
  }

  @Test
  void shouldTeachNothingByAWeightOfZero() {
    // Given
    PreferenceBucket bucket = UserBuckets.of("ann", 1);
    bucket.getFeedback().get(0).setJudgements(List.of());
    bucket.getFeedback().get(0).setComparisons(List.of(new Comparison(0, 1, 0f, 0f, false)));
    append("ann", bucket);

    // When
    learn(1);

    // Then
    assertThat(state("ann").getHeadMean()).containsOnly(0f);
  }

  // ---- the log -----------------------------------------------------------------------------

  private void append(String user, @Nullable PreferenceBucket bucket) {
    log.add(new BucketRecord(log.size(), user, bucket));
  }

  private int learned;

  /** Learns what was appended since, or for a new partition all of it. */
  private void learn(int atATime) {
    int from = store.bytes().isEmpty() || partition.users() == 0 ? 0 : learned;
    while (from < log.size()) {
      int to = Math.min(from + atATime, log.size());
      partition.learnHeads(log.subList(from, to), trainer, false);
      merge(partition.closeBatch().tally());
      partition.committed();
      from = to;
    }
    learned = from;
  }

  private void merge(Tally batch) {
    tally.notFound += batch.notFound;
    tally.erased += batch.erased;
    tally.expired += batch.expired;
    tally.coordinates.served += batch.coordinates.served;
    tally.coordinates.refused += batch.coordinates.refused;
    tally.predictions.addAll(batch.predictions);
  }

  private UserEmbedding state(String user) {
    return store.get(user);
  }

  private UserTrainer trainer(Policy policy) {
    PastEvents past =
        references -> {
          Map<Long, PastEvent> found = new HashMap<>();
          for (EventReference reference : references) {
            PreferenceBucket bucket = log.get((int) reference.getBucketOffset()).bucket();
            bucket.getFeedback().stream()
                .filter(feedback -> feedback.getOffset() == reference.getOffset())
                .forEach(
                    feedback -> found.put(feedback.getOffset(), new PastEvent(feedback, null)));
          }
          return found;
        };
    return new UserTrainers(FakePasses.loader(passes::incrementAndGet), past, REFERENCES, 100)
        .load(policy)
        .trainer();
  }

  private static Policy second() {
    Random random = new Random(3);
    List<FeaturePair> sample = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      sample.add(new FeaturePair(features(random), features(random)));
    }
    return FakePasses.policy(
        2,
        List.of(
            new EpochChange(
                1,
                BasisChange.between(FakePasses.basis(1), FakePasses.basis(2), sample),
                FakePasses.policy(1).prior(),
                null)));
  }

  private static float[] features(Random random) {
    float[] values = new float[FakePasses.FEATURES];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static PreferenceBucket served(long number, long epoch, List<Float> coordinates) {
    PreferenceBucket bucket = UserBuckets.of("ann", number);
    Feedback feedback = bucket.getFeedback().get(0);
    feedback.setServedBy(
        ScoreVersions.newBuilder()
            .setBase(FakePasses.BASE)
            .setDomainModel("general")
            .setDomainModelVersion(0)
            .setPolicy(epoch)
            .build());
    feedback.getReplies().forEach(reply -> reply.setFeatures(coordinates));
    return bucket;
  }

  private static double distance(UserEmbedding a, UserEmbedding b) {
    double sum = 0;
    for (int i = 0; i < a.getHeadMean().size(); i++) {
      sum += Math.pow(a.getHeadMean().get(i) - b.getHeadMean().get(i), 2);
    }
    return Math.sqrt(sum);
  }

  private static double length(UserEmbedding embedding) {
    return Math.sqrt(embedding.getHeadMean().stream().mapToDouble(v -> v * v).sum());
  }
}
