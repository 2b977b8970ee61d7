package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.attune.model.lm.BaseModel;
import dev.attune.model.policy.Policy;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.trainer.users.BasePasses;
import dev.attune.trainer.users.PolicyPasses;
import dev.attune.trainer.users.UserBuckets;
import dev.attune.trainer.users.UserEmbeddings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows and heads through Kafka, under a real policy, while the trainer dies. */
class UserRowsIT {
  private static final int USERS = 10;
  private static final List<String> POINTS =
      List.of(
          "before transaction.send",
          "before transaction.commitTransaction",
          "after transaction.commitTransaction");

  private static BaseModel base;
  private static Policy policy;
  private static PolicyPasses.Loader loader;

  @TempDir Path dir;
  private UsersFixture fixture;
  private final Random random = new Random(5);
  private long number;

  @BeforeAll
  static void load(@TempDir Path folder) {
    base = SmallBase.train(folder);
    policy = SmallPolicy.train(base);
    loader = BasePasses.loader(base);
  }

  @AfterAll
  static void unload() {
    base.close();
  }

  @BeforeEach
  void start() {
    fixture = new UsersFixture(dir);
    fixture.publish(policy);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void shouldLearnEachEventOnceInHeadsAndRowsWhereverItIsKilled() {
    // Given
    int crashes = 0;

    // When
    for (String point : POINTS) {
      sendSome(40);
      crashes += run(point, false) ? 1 : 0;
    }
    run("nowhere", false);

    // Then
    assertThat(crashes).isEqualTo(POINTS.size());
    assertThat(fixture.states())
        .hasSizeGreaterThan(USERS / 2)
        .containsExactlyEntriesOf(fixture.expected(policy, loader, true));
  }

  @Test
  void shouldLearnEachEventOnceWhereItIsReadAhead() {
    // Given
    int crashes = 0;

    // When
    for (String point : POINTS) {
      sendSome(40);
      crashes += run(point, true) ? 1 : 0;
    }
    run("nowhere", true);

    // Then
    assertThat(crashes).isEqualTo(POINTS.size());
    Map<String, byte[]> expected = fixture.expected(policy, loader, true);
    Map<String, byte[]> states = fixture.states();
    assertThat(states).containsOnlyKeys(expected.keySet());
    expected.forEach(
        (user, bytes) ->
            assertAlike(
                UserEmbeddings.fromBytes(states.get(user)), UserEmbeddings.fromBytes(bytes)));
  }

  /** The same events; weights to first order, as what is read ahead has slopes at earlier rows. */
  private static void assertAlike(UserEmbedding state, UserEmbedding expected) {
    assertThat(state.getEvents()).isEqualTo(expected.getEvents());
    assertThat(state.getRowEvents()).isEqualTo(expected.getRowEvents());
    assertThat(state.getReferences()).isEqualTo(expected.getReferences());
    assertThat(state.getRowReferences()).isEqualTo(expected.getRowReferences());
    assertThat(state.getRowIncluded()).isEqualTo(expected.getRowIncluded());
    float[] row = UserEmbeddings.state(expected).row().mean();
    float norm = 0;
    for (float value : row) {
      norm += Math.abs(value);
    }
    assertThat(UserEmbeddings.state(state).row().mean())
        .containsExactly(row, within(0.1f * norm + 1e-6f));
  }

  /** Runs until it has died at the point, or heads and rows have learned everything. */
  private boolean run(String point, boolean together) {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    CrashingClients clients =
        new CrashingClients(
            fixture.clients, point, random.nextInt(2), () -> committedRowEvents(meters) > 0);
    try (UsersFixture.Running running =
        fixture.start(fixture.settings("1", true, together), clients, loader, meters)) {
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(100))
          .until(() -> !running.live() || (fixture.caughtUp() && rowsCaughtUp(meters)));
    }
    return clients.died();
  }

  private static double committedRowEvents(SimpleMeterRegistry meters) {
    return meters.get("attune.trainer.users.row.events").counter().count();
  }

  /** Whether rows have learned all that heads have. */
  private static boolean rowsCaughtUp(SimpleMeterRegistry meters) {
    // It knows its lag before it takes up a policy.
    return meters.get("attune.trainer.users.epoch").gauge().value() > 0
        && meters.get("attune.trainer.users.lag").tag("part", "row").gauge().value() == 0;
  }

  private void sendSome(int buckets) {
    for (int i = 0; i < buckets; i++) {
      String user = "user-" + random.nextInt(USERS);
      PreferenceBucket bucket =
          switch (random.nextInt(12)) {
            case 0 -> UserBuckets.retracting(user, number, number - random.nextInt(20));
            case 1 -> random.nextInt(3) == 0 ? null : UserBuckets.covering(user, number);
            default -> UserBuckets.of(user, number, number + 1);
          };
      fixture.send(user, bucket);
      number += 2;
    }
    fixture.flush();
  }
}
