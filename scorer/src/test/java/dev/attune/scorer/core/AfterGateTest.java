package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AfterGateTest {
  private Instant now = Requests.APPENDED;
  private @Nullable KnownUser user;
  private final List<String> released = new ArrayList<>();
  private final AfterGate gate =
      new AfterGate(
          (userId, epoch) -> user,
          () -> 1,
          Duration.ofSeconds(2),
          () -> now,
          (waited, included) -> released.add(waited.toMillis() + " " + included));

  @Test
  void shouldNotHoldWhatNamesNoPositionOrIsIncludedAlready() {
    // Given
    include(3, 42);

    // When
    boolean open = gate.open(after(3, 42));

    // Then
    assertThat(open).isTrue();
    assertThat(gate.open(Requests.prompt(0, 1, Requests.of("r", "a").build()))).isTrue();
    assertThat(released).isEmpty();
  }

  @Test
  void shouldHoldUntilThePositionIsIncluded() {
    // Given
    include(3, 41);
    Prompt prompt = after(3, 42);
    boolean before = gate.open(prompt);
    now = now.plusMillis(300);
    include(3, 43);

    // When
    boolean open = gate.open(prompt);

    // Then
    assertThat(before).isFalse();
    assertThat(open).isTrue();
    assertThat(released).containsExactly("300 true");
  }

  @Test
  void shouldNotTakeAnotherPartitionsOffsetForThePosition() {
    // Given
    include(2, 100);

    // When
    boolean open = gate.open(after(3, 42));

    // Then
    assertThat(open).isFalse();
  }

  @Test
  void shouldLetGoAfterTheLongestWaitForGood() {
    // Given
    Prompt prompt = after(3, 42);
    boolean first = gate.open(prompt);
    now = now.plusSeconds(2);

    // When
    boolean open = gate.open(prompt);

    // Then
    assertThat(first).isFalse();
    assertThat(open).isTrue();
    assertThat(gate.open(prompt)).isTrue();
    assertThat(released).containsExactly("2000 false");
  }

  @Test
  void shouldLetGoInTimeForTheDeadline() {
    // Given
    Prompt prompt =
        Requests.prompt(
            0,
            0,
            Requests.of("r", "a")
                .setAfter(new Position(Topics.PREFERENCES.name(), 3, 42L))
                .setDeadline(now.plusSeconds(1))
                .build());
    boolean first = gate.open(prompt);
    now = now.plusMillis(899);
    boolean early = gate.open(prompt);
    now = now.plusMillis(1);

    // When: a tenth of the second is left
    boolean open = gate.open(prompt);

    // Then
    assertThat(first).isFalse();
    assertThat(early).isFalse();
    assertThat(open).isTrue();
  }

  private void include(int partition, long offset) {
    user =
        new KnownUser(
            Policies.first().generic(),
            new Position(Topics.PREFERENCES.name(), partition, offset),
            null,
            List.of());
  }

  private static Prompt after(int partition, long offset) {
    return Requests.prompt(
        0,
        0,
        Requests.of("r", "a")
            .setAfter(new Position(Topics.PREFERENCES.name(), partition, offset))
            .build());
  }
}
