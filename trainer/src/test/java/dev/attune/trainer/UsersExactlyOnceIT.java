package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.model.policy.Policy;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.trainer.users.FakePasses;
import dev.attune.trainer.users.PolicyPasses;
import dev.attune.trainer.users.UserBuckets;
import dev.attune.trainer.users.UserEmbeddings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsersExactlyOnceIT {
  private static final int USERS = 12;
  private static final Policy POLICY = FakePasses.policy(1);
  private static final PolicyPasses.Loader LOADER = FakePasses.loader(() -> {});
  private static final List<String> POINTS =
      List.of(
          CrashingClients.LEARNING,
          "after transaction.beginTransaction",
          "before transaction.send",
          "after transaction.send",
          "after transaction.sendOffsetsToTransaction",
          "before transaction.commitTransaction",
          "after transaction.commitTransaction");

  @TempDir Path dir;
  private UsersFixture fixture;
  private final Random random = new Random(7);
  private long number;

  @BeforeEach
  void start() {
    fixture = new UsersFixture(dir);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void shouldLearnEachEventOnceWhereverItIsKilled() {
    // Given
    fixture.publish(POLICY);
    int crashes = 0;

    // When
    for (String point : POINTS) {
      sendSome(60);
      crashes += runUntilDead(point) ? 1 : 0;
    }
    runUntilDead("nowhere");

    // Then
    assertThat(crashes).isEqualTo(POINTS.size());
    assertThat(fixture.states())
        .hasSizeGreaterThan(USERS / 2)
        .containsExactlyEntriesOf(fixture.expected(POLICY, LOADER, false));
  }

  @Test
  void shouldLearnEachEventOnceWhilePartitionsMove() {
    // Given
    fixture.publish(POLICY);
    sendSome(60);
    SimpleMeterRegistry secondMeters = new SimpleMeterRegistry();
    try (UsersFixture.Running first =
        fixture.start(
            fixture.settings("1", false), fixture.clients, LOADER, new SimpleMeterRegistry())) {
      fixture.awaitCaughtUp();
      try (UsersFixture.Running second =
          fixture.start(fixture.settings("2", false), fixture.clients, LOADER, secondMeters)) {
        // When
        await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () -> {
                  sendSome(10);
                  return secondMeters.get("attune.trainer.users.buckets").counter().count() > 0;
                });
        first.close();
        sendSome(60);
        fixture.awaitCaughtUp();

        // Then
        assertThat(first.failure()).isNull();
        assertThat(second.failure()).isNull();
      }
    }
    assertThat(fixture.states()).containsExactlyEntriesOf(fixture.expected(POLICY, LOADER, false));
  }

  @Test
  void shouldForgetAUserWhoLeaves() {
    // Given
    fixture.publish(POLICY);
    fixture.send("ann", UserBuckets.of("ann", 1, 2));
    fixture.send("bob", UserBuckets.of("bob", 3, 4));
    try (UsersFixture.Running running =
        fixture.start(
            fixture.settings("1", false), fixture.clients, LOADER, new SimpleMeterRegistry())) {
      fixture.awaitCaughtUp();

      // When
      fixture.send("ann", null);
      fixture.flush();
      fixture.awaitCaughtUp();

      // Then
      assertThat(fixture.states()).containsOnlyKeys("bob");
      fixture.send("ann", UserBuckets.covering("ann", 9L));
      fixture.flush();
      fixture.awaitCaughtUp();
      UserEmbedding ann = UserEmbeddings.fromBytes(fixture.states().get("ann"));
      assertThat(UserEmbeddings.state(ann)).isEqualTo(POLICY.generic());
      assertThat(running.failure()).isNull();
    }
  }

  @Test
  void shouldWaitForAPolicyAndFollowIt() {
    // Given
    sendSome(20);
    try (UsersFixture.Running running =
        fixture.start(
            fixture.settings("1", false), fixture.clients, LOADER, new SimpleMeterRegistry())) {
      fixture.publish(POLICY);
      fixture.awaitCaughtUp();

      // When
      fixture.publish(FakePasses.policy(2));

      // Then
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                sendSome(1);
                return fixture.states().values().stream()
                    .anyMatch(bytes -> UserEmbeddings.fromBytes(bytes).getEpoch() == 2);
              });
      assertThat(running.failure()).isNull();
    }
  }

  @Test
  void shouldRefuseStatesWithoutAnOffset() {
    // Given
    fixture.publish(POLICY);
    sendSome(5);
    UserEmbedding foreign =
        UserEmbedding.newBuilder()
            .setUserId("ann")
            .setEpoch(1)
            .setHeadMean(List.of())
            .setHeadCovariance(List.of())
            .setRow(List.of())
            .setOptimiserState(List.of())
            .setReferences(List.of())
            .setRowReferences(List.of())
            .build();
    for (int user = 0; user < 40; user++) {
      foreign.setUserId("foreign-" + user);
      fixture.sendState(foreign.getUserId(), foreign);
    }

    // When
    try (UsersFixture.Running running =
        fixture.start(
            fixture.settings("1", false), fixture.clients, LOADER, new SimpleMeterRegistry())) {
      await().atMost(Duration.ofSeconds(60)).until(() -> !running.live());

      // Then
      assertThat(running.failure()).hasMessageContaining("the group has no offset for it");
    }
  }

  /** Runs until it has died at the point or has learned everything. True if it died. */
  private boolean runUntilDead(String point) {
    CrashingClients clients =
        new CrashingClients(fixture.clients, point, random.nextInt(point.contains("send") ? 9 : 3));
    try (UsersFixture.Running running =
        fixture.start(
            fixture.settings("1", false),
            clients,
            FakePasses.loader(() -> clients.step(CrashingClients.LEARNING)),
            new SimpleMeterRegistry())) {
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(100))
          .until(() -> !running.live() || fixture.caughtUp());
    }
    return clients.died();
  }

  /** Events, retractions, buckets that say nothing, and now and then somebody leaves. */
  private void sendSome(int buckets) {
    for (int i = 0; i < buckets; i++) {
      String user = "user-" + random.nextInt(USERS);
      PreferenceBucket bucket =
          switch (random.nextInt(12)) {
            case 0 -> UserBuckets.retracting(user, number, number - random.nextInt(40));
            case 1 -> UserBuckets.covering(user, number);
            case 2 -> random.nextInt(4) == 0 ? null : UserBuckets.of(user, number);
            default -> UserBuckets.of(user, number, number + 1, number + 2);
          };
      fixture.send(user, bucket);
      number += 3;
    }
    fixture.flush();
  }
}
