package dev.attune.trainer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.model.reward.UserKey;
import dev.attune.schemas.Domains;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PartitionTrainerTest {
  private static final int PARTITIONS = 8;
  private static final String LAW = "law";

  @Test
  void shouldFeedGeneralAndItsSourcesToOneModelWithAHeadForEach() {
    // Given
    PartitionTrainer trainer = trainer(Domains.GENERAL, new FakeLearners());
    trainer.begin(Domains.GENERAL, Optional.empty());
    RewardLearner expected = new FakeLearners().general();
    PreferenceBucket pooled = Buckets.of("general", 0, 2);
    PreferenceBucket helpful = Buckets.of("general.helpful", 0, 3);
    expected.accept("pooled", pooled);
    expected.accept("helpful", helpful);

    // When
    trainer.accept(0, pooled);
    trainer.accept(1, helpful);

    // Then
    Checkpoint checkpoint = trainer.checkpoint();
    assertThat(checkpoint.changed()).hasSize(1);
    assertThat(learner(checkpoint)).isEqualTo(expected.state());
    assertThat(checkpoint.position()).isEqualTo(2);
  }

  @Test
  void shouldOnlyMoveThePositionWhereThereIsNoFeedback() {
    // Given
    PartitionTrainer trainer = trainer(LAW, new FakeLearners());
    PreferenceBucket empty = Buckets.empty(LAW, 0);

    // When
    Learned learned = trainer.accept(4, empty);

    // Then
    assertThat(trainer.missingModel(empty)).isEmpty();
    assertThat(learned.empty()).isTrue();
    assertThat(trainer.checkpoint().changed()).isEmpty();
    assertThat(trainer.position()).isEqualTo(5);
    assertThat(trainer.uncommitted()).isTrue();
  }

  @Test
  void shouldBeginAModelWithALoneThumb() {
    // Given
    PartitionTrainer trainer = trainer(LAW, new FakeLearners());
    Feedback thumb = Buckets.judged(LAW, 0, List.of(new Judgement(0, true, 1f)));
    thumb.setComparisons(List.of());
    PreferenceBucket judged = Buckets.with(LAW, 0, List.of(thumb));
    trainer.begin(trainer.missingModel(judged).orElseThrow(), Optional.empty());

    // When
    Learned learned = trainer.accept(4, judged);

    // Then
    assertThat(learned.judgements()).isEqualTo(1);
    assertThat(learned.events()).isEqualTo(1);
    assertThat(trainer.checkpoint().changed().get(0).counts().pendingJudgements()).isEqualTo(1);
  }

  @Test
  void shouldCountPreferencesAndTies() {
    // Given
    PartitionTrainer trainer = trainer(LAW, new FakeLearners());
    trainer.begin("domain/law", Optional.empty());

    // When
    Learned learned = trainer.accept(0, Buckets.of(LAW, 0, 10));

    // Then
    assertThat(learned).isEqualTo(new Learned("domain/law", 10, 8, 2, 0, 2));
  }

  @Test
  void shouldCheckpointOnlyWhatChanged() {
    // Given
    PartitionTrainer trainer = trainer(LAW, new FakeLearners());
    trainer.begin("domain/law", Optional.empty());
    trainer.begin("domain/law.tax", Optional.empty());
    trainer.accept(0, Buckets.of(LAW, 0, 1));
    trainer.accept(1, Buckets.of("law.tax", 0, 1));
    commit(trainer);
    trainer.accept(2, Buckets.of("law.tax", 1, 1));

    // When
    Checkpoint checkpoint = trainer.checkpoint();

    // Then
    assertThat(checkpoint.changed())
        .extracting(ModelCheckpoint::name)
        .containsExactly("domain/law.tax");
    assertThat(checkpoint.changed().get(0).previous().orElseThrow().getPositions())
        .extracting(BucketPosition::getNextOffset)
        .containsExactly(2L);
    assertThat(checkpoint.models()).isEqualTo(2);
    assertThat(checkpoint.position()).isEqualTo(3);
  }

  @Test
  void shouldNameTheGeneralWeightsAndThenItsOwnAsParents() {
    // Given
    ModelVersion general = Versions.with("general", 4, "w", "s");
    PartitionTrainer trainer = trainer(LAW, new FakeLearners());
    trainer.begin(
        "domain/law",
        Optional.of(new GeneralModel(general, new byte[] {1}, TrainingStates.of(new byte[] {2}))));
    trainer.accept(0, Buckets.of(LAW, 0, 4));
    Optional<String> first = trainer.checkpoint().changed().get(0).parent();
    List<ModelVersion> versions = commit(trainer);

    // When
    trainer.accept(1, Buckets.of(LAW, 1, 4));

    // Then
    assertThat(first).contains(general.getWeights().getSha256());
    assertThat(trainer.checkpoint().changed().get(0).parent())
        .contains(versions.get(0).getWeights().getSha256());
  }

  @Test
  void shouldGoOnExactlyWhereItStopped() {
    // Given
    PartitionTrainer whole = trainer(LAW, new FakeLearners());
    whole.begin("domain/law", Optional.empty());
    whole.accept(0, Buckets.of(LAW, 0, 3));
    ModelCheckpoint first = whole.checkpoint().changed().get(0);
    List<ModelVersion> versions = commit(whole);
    whole.accept(1, Buckets.of(LAW, 1, 3));
    PartitionTrainer restored = trainer(LAW, new FakeLearners());

    // When
    restored.startAt(1);
    restored.restore(stored(versions.get(0), first));
    restored.accept(1, Buckets.of(LAW, 1, 3));

    // Then
    assertThat(restored.checkpoint().changed().get(0).state())
        .isEqualTo(whole.checkpoint().changed().get(0).state());
  }

  @Test
  void shouldCleanUpAfterUsersWhoLeftWhileNobodyWasAtWork() {
    // Given: a state with three events of a user who waits for a fourth, and leaves
    PartitionTrainer whole = trainer(LAW, new FakeLearners());
    whole.begin("domain/law", Optional.empty());
    PreferenceBucket bucket = Buckets.of(LAW, 0, 3);
    whole.accept(0, bucket);
    ModelCheckpoint first = whole.checkpoint().changed().get(0);
    List<ModelVersion> versions = commit(whole);
    Erasures left =
        new Erasures(List.of(new Erasures.Erasure(0, 0, UserKey.of(bucket.getUserId()))));
    PartitionTrainer restored = trainer(LAW, new FakeLearners());
    restored.startAt(1);

    // When: they are read before the model is taken up
    restored.forget(left);
    restored.restore(stored(versions.get(0), first));

    // Then
    Checkpoint checkpoint = restored.checkpoint();
    assertThat(checkpoint.erased()).isTrue();
    assertThat(checkpoint.changed().get(0).counts().pendingComparisons()).isZero();
    assertThat(first.counts().pendingComparisons()).isEqualTo(3);
  }

  @Test
  void shouldCountOnlyWhatItPublishesAsAVersion() {
    // Given
    PartitionTrainer trainer = trainer(LAW, new FakeLearners());
    trainer.begin("domain/law", Optional.empty());
    trainer.accept(0, Buckets.of(LAW, 0, 3));
    ModelVersion begun = commit(trainer).get(0);
    trainer.accept(1, Buckets.of(LAW, 1, 3));
    ModelVersion published = commit(trainer).get(0);
    trainer.accept(2, Buckets.of(LAW, 2, 1));

    // When
    ModelVersion between = commit(trainer).get(0);

    // Then
    assertThat(List.of(begun, published, between))
        .extracting(ModelVersion::getVersion)
        .containsExactly(0L, 1L, 1L);
    assertThat(begun.getWeights())
        .isEqualTo(Chunks.describe(new FakeLearners().customized(Optional.empty()).weights()));
    assertThat(between.getWeights()).isEqualTo(published.getWeights());
    assertThat(between.getState()).isNotEqualTo(published.getState());
    assertThat(published.getVerdict().getDecision()).isEqualTo(GateDecision.UNGATED);
  }

  @Test
  void shouldPublishNothingNewWhileItIsHeld() {
    // Given
    PartitionTrainer trainer = trainer(LAW, new FakeLearners());
    trainer.begin("domain/law", Optional.empty());
    trainer.accept(0, Buckets.of(LAW, 0, 4));
    ModelVersion published = commit(trainer).get(0);
    trainer.hold(Set.of("domain/law"));
    trainer.accept(1, Buckets.of(LAW, 1, 4));

    // When
    ModelVersion held = commit(trainer).get(0);

    // Then
    assertThat(held.getVersion()).isEqualTo(1);
    assertThat(held.getWeights()).isEqualTo(published.getWeights());
    assertThat(held.getComparisons()).isEqualTo(8);
    assertThat(held.getVerdict().getDecision()).isEqualTo(GateDecision.PINNED);
    trainer.hold(Set.of());
    trainer.accept(2, Buckets.of(LAW, 2, 4));
    assertThat(commit(trainer).get(0).getVersion()).isEqualTo(2);
  }

  @Test
  void shouldGoOnFromAnEarlierVersionAndStillCountEverything() {
    // Given
    PartitionTrainer trainer = trainer(LAW, new FakeLearners());
    trainer.begin("domain/law", Optional.empty());
    trainer.accept(0, Buckets.of(LAW, 0, 6));
    ModelCheckpoint good = trainer.checkpoint().changed().get(0);
    ModelVersion goodVersion = commit(trainer).get(0);
    trainer.accept(1, Buckets.of(LAW, 1, 5));
    commit(trainer);
    RewardLearner expected = new FakeLearners().customized(Optional.empty());
    expected.accept("pooled", Buckets.of(LAW, 0, 6));
    expected.accept("pooled", Buckets.of(LAW, 1, 5));
    expected.fallBack(TrainingState.read("domain/law", good.state()).learner());
    expected.accept("pooled", Buckets.of(LAW, 2, 4));

    // When
    trainer.rollBack(goodVersion, good.weights(), good.state());

    // Then
    assertThat(trainer.uncommitted()).isTrue();
    assertThat(trainer.urgent()).isTrue();
    assertThat(trainer.checkpoint().changed().get(0).rolledBack()).isTrue();
    ModelVersion back = commit(trainer).get(0);
    assertThat(back.getVersion()).isEqualTo(1);
    assertThat(back.getWeights()).isEqualTo(goodVersion.getWeights());
    assertThat(back.getVerdict().getDecision()).isEqualTo(GateDecision.ROLLED_BACK);
    assertThat(given(back)).isEqualTo(11);
    assertThat(back.getMetrics()).containsEntry(Manifests.ABANDONED_COMPARISONS, 4.0);
    trainer.accept(2, Buckets.of(LAW, 2, 4));
    assertThat(learner(trainer.checkpoint())).isEqualTo(expected.state());
    ModelVersion next = commit(trainer).get(0);
    assertThat(next.getVersion()).isEqualTo(3);
    assertThat(next.getParent()).isEqualTo(goodVersion.getWeights().getSha256());
    assertThat(given(next)).isEqualTo(15);
  }

  @Test
  void shouldRefuseAnOffsetTwice() {
    // Given
    PartitionTrainer trainer = trainer(LAW, new FakeLearners());
    trainer.accept(7, Buckets.empty(LAW, 0));

    // When
    assertThatThrownBy(() -> trainer.accept(7, Buckets.empty(LAW, 0)))
        // Then
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("offset 7");
  }

  @Test
  void shouldRefuseADomainOfAnotherPartition() {
    // Given
    int other = (Domains.partition(LAW, PARTITIONS) + 1) % PARTITIONS;
    PartitionTrainer trainer =
        new PartitionTrainer(other, PARTITIONS, new FakeLearners(), RewardsConfig.ungated());

    // When
    assertThatThrownBy(() -> trainer.accept(0, Buckets.of(LAW, 0, 1)))
        // Then
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("domain law")
        .hasMessageContaining("belongs to partition");
  }

  @Test
  void shouldGiveNoCheckpointAfterALearnerFailed() {
    // Given
    FakeLearners failing =
        new FakeLearners(
            "base-1",
            () -> {
              throw new IllegalStateException("out of memory");
            });
    PartitionTrainer trainer = trainer(LAW, failing);
    trainer.begin("domain/law", Optional.empty());
    assertThatThrownBy(() -> trainer.accept(0, Buckets.of(LAW, 0, 1))).hasMessage("out of memory");

    // When
    assertThatThrownBy(trainer::checkpoint)
        // Then
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("restore from the last checkpoint");
    assertThat(trainer.usable()).isFalse();
  }

  private static PartitionTrainer trainer(String domain, LearnerFactory learners) {
    return new PartitionTrainer(
        Domains.partition(domain, PARTITIONS), PARTITIONS, learners, RewardsConfig.ungated());
  }

  private static byte[] learner(Checkpoint checkpoint) {
    ModelCheckpoint model = checkpoint.changed().get(0);
    return TrainingState.read(model.name(), model.state()).learner();
  }

  private static StoredModel stored(ModelVersion version, ModelCheckpoint checkpoint) {
    return new StoredModel(
        version,
        checkpoint.weights(),
        checkpoint.state(),
        Optional.of(new StoredModel.Published(version, checkpoint.state())),
        version.getVersion());
  }

  private static long given(ModelVersion version) {
    return version.getComparisons()
        + version.getMetrics().get(Manifests.PENDING_COMPARISONS).longValue();
  }

  /** Commits everything as the publisher does. */
  private static List<ModelVersion> commit(PartitionTrainer trainer) {
    Checkpoint checkpoint = trainer.checkpoint();
    List<ModelVersion> versions =
        checkpoint.changed().stream()
            .map(
                changed -> {
                  Artifact weights = Chunks.describe(changed.weights());
                  Artifact state = Chunks.describe(changed.state());
                  return Manifests.next(
                      changed,
                      weights,
                      state,
                      new FakeLearners().provenance(),
                      new BucketPosition("topic-1", 0, checkpoint.position()),
                      Instant.EPOCH);
                })
            .toList();
    trainer.committed(checkpoint, versions);
    return versions;
  }
}
