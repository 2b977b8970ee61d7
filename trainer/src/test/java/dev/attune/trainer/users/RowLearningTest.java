package dev.attune.trainer.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.lm.BaseModel;
import dev.attune.model.policy.Policy;
import dev.attune.trainer.SmallBase;
import dev.attune.trainer.SmallPolicy;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of users, learned from buckets by passes of a real policy. */
class RowLearningTest {
  private static final UsersStart START = new UsersStart(0, 0, Instant.EPOCH);
  private static final int REFERENCES = 8;

  private static BaseModel base;
  private static Policy policy;

  private final List<BucketRecord> log = new ArrayList<>();
  private UserTrainers.Loaded loaded;

  @BeforeAll
  static void load(@TempDir Path folder) {
    base = SmallBase.train(folder);
    policy = SmallPolicy.train(base);
  }

  @AfterAll
  static void unload() {
    base.close();
  }

  @BeforeEach
  void start() {
    loaded =
        new UserTrainers(BasePasses.loader(base), references -> Map.of(), REFERENCES, 100)
            .load(policy);
    for (int i = 0; i < 12; i++) {
      String user = "user-" + i % 5;
      log.add(new BucketRecord(i, user, UserBuckets.of(user, 2L * i, 2L * i + 1)));
    }
  }

  @Test
  void shouldLearnTheSameWithOrWithoutSharedPasses() {
    // Given
    Map<String, byte[]> alone = states(1, false);

    // When
    Map<String, byte[]> together = states(10, true);

    // Then
    assertThat(together).containsOnlyKeys(alone.keySet());
    alone.forEach(
        (user, bytes) -> {
          var expected = UserEmbeddings.fromBytes(bytes);
          var state = UserEmbeddings.fromBytes(together.get(user));
          float[] row = UserEmbeddings.state(expected).row().mean();
          assertThat(state.getRowEvents()).isEqualTo(expected.getRowEvents()).isPositive();
          assertThat(state.getRowReferences()).isEqualTo(expected.getRowReferences());
          assertThat(state.getRowIncluded()).isEqualTo(expected.getRowIncluded());
          assertThat(norm(row)).isPositive();
          // Later events of the batch have their slopes at an earlier row, to first order.
          assertThat(UserEmbeddings.state(state).row().mean())
              .containsExactly(row, within(0.1f * norm(row)));
        });
  }

  @Test
  void shouldLearnTheSameWhileHeadsAreBeingCommitted() {
    // Given
    Map<String, byte[]> expected = states(1, false);
    MapUserStore store = new MapUserStore();
    UserPartition partition = new UserPartition(store, null, START);
    UserTrainer trainer = loaded.trainer();

    // When
    for (int next = 0; next < log.size(); next++) {
      partition.learnHeads(log.subList(next, next + 1), trainer, false);
      partition.closeBatch();
      partition.learnRows(log.subList(next, next + 1), trainer, 1);
      partition.committed();
    }

    // Then
    assertThat(store.bytes()).isNotEqualTo(expected);
    partition.closeBatch();
    partition.committed();
    assertThat(store.bytes()).containsExactlyInAnyOrderEntriesOf(expected);
    assertThat(partition.rowPosition()).isEqualTo(log.size());
  }

  @Test
  void shouldLearnAnewAloneWhatWasLearnedTogether() {
    // Given
    log.clear();
    for (int i = 0; i < 4; i++) {
      log.add(new BucketRecord(i, "user-" + i, UserBuckets.of("user-" + i, i)));
    }
    log.add(new BucketRecord(4, "user-2", UserBuckets.retracting("user-2", 4, 2)));

    // When
    Map<String, byte[]> states = states(16, true);

    // Then
    assertThat(UserEmbeddings.state(UserEmbeddings.fromBytes(states.get("user-2"))).row())
        .isEqualTo(policy.generic().row());
    assertThat(UserEmbeddings.state(UserEmbeddings.fromBytes(states.get("user-1"))).row())
        .isNotEqualTo(policy.generic().row());
  }

  /** The users' states after the log, rows in batches of so many events. */
  private Map<String, byte[]> states(int most, boolean together) {
    MapUserStore store = new MapUserStore();
    UserPartition partition = new UserPartition(store, null, START);
    UserTrainer trainer = loaded.trainer();
    partition.learnHeads(log, trainer, false);
    int next = 0;
    while (next < log.size()) {
      List<BucketRecord> rest = log.subList(next, log.size());
      if (together) {
        trainer.prefetchRows(partition.rowBuckets(rest, most));
      }
      partition.learnRows(rest, trainer, most);
      next = (int) partition.learnedRowPosition();
    }
    partition.closeBatch();
    partition.committed();
    return store.bytes();
  }

  private static float norm(float[] values) {
    float sum = 0;
    for (float value : values) {
      sum += value * value;
    }
    return (float) Math.sqrt(sum);
  }
}
