package dev.attune.trainer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.StartPosition.Decision;
import dev.attune.trainer.core.StartPosition.GroupOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StartPositionTest {
  private static final StartPosition.Log LOG =
      new StartPosition.Log("buckets", Versions.TOPIC_ID, 3, 10, 100);

  @Test
  void shouldGoOnAtTheLargestPositionAsUnchangedModelsKeepOlderOnes() {
    // Given
    List<ModelVersion> manifests =
        List.of(
            Versions.at("domain/idle", 1, 3, 20),
            Versions.at("domain/busy", 5, 3, 60),
            Versions.at("domain/elsewhere", 5, 4, 90));

    // When
    Decision decision = StartPosition.decide(LOG, manifests, group(60, 2, 60));

    // Then
    assertThat(decision).isEqualTo(new Decision(60, false));
  }

  @Test
  void shouldStartAtTheBeginningWithoutManifestsAndGroupOffset() {
    // Given
    List<ModelVersion> none = List.of();

    // When
    Decision decision = StartPosition.decide(LOG, none, Optional.empty());

    // Then
    assertThat(decision).isEqualTo(new Decision(10, false));
  }

  @Test
  void shouldFollowTheGroupPastEmptyBuckets() {
    // Given
    List<ModelVersion> manifests = List.of(Versions.at("domain/law", 1, 3, 60));

    // When
    Decision decision = StartPosition.decide(LOG, manifests, group(75, 1, 60));

    // Then
    assertThat(decision).isEqualTo(new Decision(75, false));
  }

  @Test
  void shouldFollowTheGroupWhereOnlyEmptyBucketsWereRead() {
    // Given
    List<ModelVersion> none = List.of();

    // When
    Decision decision = StartPosition.decide(LOG, none, group(30, 0, PartitionTrainer.NOT_TRAINED));

    // Then
    assertThat(decision).isEqualTo(new Decision(30, false));
  }

  @Test
  void shouldFollowTheManifestsWhereSomebodySetTheGroupsOffset() {
    // Given
    List<ModelVersion> manifests = List.of(Versions.at("domain/law", 1, 3, 60));

    // When
    Decision decision =
        StartPosition.decide(
            LOG, manifests, Optional.of(new GroupOffset(90, CommitNote.decode("by hand"))));

    // Then
    assertThat(decision).isEqualTo(new Decision(60, true));
  }

  @Test
  void shouldRefuseWhenTheManifestsAreGone() {
    // Given
    Optional<GroupOffset> group = group(60, 2, 60);

    // When
    assertThatThrownBy(() -> StartPosition.decide(LOG, List.of(), group))
        // Then
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("had 2 models")
        .hasMessageContaining("none of their manifests");
  }

  @Test
  void shouldRefuseATopicThatWasMadeAnew() {
    // Given
    StartPosition.Log other = new StartPosition.Log("buckets", "topic-2", 3, 0, 100);

    // When
    assertThatThrownBy(
            () ->
                StartPosition.decide(
                    other, List.of(Versions.at("domain/law", 1, 3, 60)), Optional.empty()))
        // Then
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("topic-1")
        .hasMessageContaining("topic-2");
  }

  @Test
  void shouldRefuseToSkipBucketsThatAreGone() {
    // Given
    List<ModelVersion> manifests = List.of(Versions.at("domain/law", 1, 3, 9));

    // When
    assertThatThrownBy(() -> StartPosition.decide(LOG, manifests, Optional.empty()))
        // Then
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("offset 9")
        .hasMessageContaining("10 to 100");
  }

  private static Optional<GroupOffset> group(long offset, int models, long trained) {
    CommitNote note = new CommitNote(Versions.TOPIC_ID, models, trained);
    return Optional.of(new GroupOffset(offset, CommitNote.decode(note.encode())));
  }
}
