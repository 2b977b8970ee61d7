package dev.attune.ingest.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.admission.AbuseGuard.Quarantine;
import dev.attune.ingest.event.UserEvent;
import dev.attune.schemas.events.Comparison;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ActivityGuardTest {
  private static final AbuseLimits OFF = new AbuseLimits(0, 1, 0, 0, List.of());
  private static final AbuseLimits RATE = new AbuseLimits(60, 10, 0, 0, List.of());
  private static final AbuseLimits REPEATS = new AbuseLimits(0, 1, 3, 0, List.of());
  private static final AbuseLimits POSITION = new AbuseLimits(0, 1, 0, 100, List.of());

  private KeyValueStore<String, UserActivity> store;
  private int events;

  @BeforeEach
  void open() {
    store =
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore("activity"), Serdes.String(), new UserActivitySerde())
            .withLoggingDisabled()
            .build();
    store.init(new MockProcessorContext<>().getStateStoreContext(), store);
  }

  @Test
  void shouldLetABurstPassAndThenTheRate() {
    // Given
    AbuseGuard guard = guard(RATE);
    assertThat(passed(guard, 25, "ann", 0)).isEqualTo(10);

    // When
    Optional<Quarantine> tooSoon = guard.examine(choice("ann", 0, 999));

    // Then
    assertThat(tooSoon).get().returns(QuarantineReason.RATE_LIMITED, Quarantine::reason);
    assertThat(guard.examine(choice("ann", 0, 1_000))).isEmpty();
    assertThat(guard.examine(choice("ann", 0, 1_000))).isPresent();
    assertThat(guard.examine(choice("bob", 0, 1_000))).isEmpty();
  }

  @Test
  void shouldNotLetAFloodDelayTheRecovery() {
    // Given
    AbuseGuard guard = guard(RATE);
    for (int second = 0; second < 60; second++) {
      passed(guard, 50, "ann", second * 1_000L);
    }

    // When
    int passed = passed(guard, 50, "ann", 65_000);

    // Then
    assertThat(passed).isEqualTo(6);
  }

  @Test
  void shouldHoldBackTheSameTextsOnlyWhileTheyAreMany() {
    // Given
    AbuseGuard guard = guard(REPEATS);
    assertThat(passedWithText(guard, 10, "spam")).isEqualTo(3);
    passed(guard, RepeatedTexts.CAPACITY - 3, "ann", 0);
    Optional<Quarantine> again = guard.examine(text("spam"));

    // When
    passed(guard, 1, "ann", 0);

    // Then
    assertThat(again).get().returns(QuarantineReason.REPEATED_TEXT, Quarantine::reason);
    assertThat(again.get().message()).doesNotContain("spam");
    assertThat(guard.examine(text("spam"))).isEmpty();
  }

  @Test
  void shouldNotForgetRepeatsForEventsThatAreHeldBack() {
    // Given
    AbuseGuard guard = guard(new AbuseLimits(60, 3, 3, 0, List.of()));
    assertThat(passedWithText(guard, 3, "spam")).isEqualTo(3);

    // When
    int passed = passed(guard, 1_000, "ann", 0);

    // Then
    assertThat(passed).isZero();
    UserEvent spamLater = Reactions.event("ann", 60_000, text("spam").feedback(), true);
    assertThat(guard.examine(spamLater))
        .get()
        .returns(QuarantineReason.REPEATED_TEXT, Quarantine::reason);
  }

  @Test
  void shouldHoldBackAHabitUntilAnotherPositionIsChosen() {
    // Given
    AbuseGuard guard = guard(POSITION);
    assertThat(passed(guard, 150, "ann", 0)).isEqualTo(100);
    Optional<Quarantine> first = guard.examine(choice("ann", 0, 0));

    // When
    Optional<Quarantine> second = guard.examine(choice("ann", 1, 0));

    // Then
    assertThat(first).get().returns(QuarantineReason.SAME_POSITION, Quarantine::reason);
    assertThat(second).isEmpty();
    assertThat(guard.examine(choice("ann", 0, 0))).isEmpty();
  }

  @Test
  void shouldNotEndARunForAnEventWithoutAChoice() {
    // Given
    AbuseGuard guard = guard(POSITION);
    passed(guard, 100, "ann", 0);
    Comparison regenerated = new Comparison(1, 0, 1f, 0f, false);
    UserEvent regeneration =
        Reactions.event(
            "ann",
            0,
            Reactions.feedback("q", Reactions.replies(2), List.of(regenerated), 2),
            false);

    // When
    Optional<Quarantine> held = guard.examine(regeneration);

    // Then
    assertThat(held).isEmpty();
    assertThat(guard.examine(choice("ann", 0, 0))).isPresent();
  }

  @Test
  void shouldHoldBackNothingOfAnHonestUser() {
    // Given
    AbuseGuard guard = guard(new AbuseLimits(60, 1_000, 20, 100, List.of()));
    Random random = new Random(7);
    int held = 0;

    // When
    for (int i = 0; i < 20_000; i++) {
      int position = random.nextDouble() < 0.8 ? 0 : 1;
      held += guard.examine(choice("ann", position, i * 5_000L)).isPresent() ? 1 : 0;
    }

    // Then
    assertThat(held).isZero();
  }

  @Test
  void shouldNeverHoldBackWhoIsExempt() {
    // Given
    AbuseGuard guard = guard(new AbuseLimits(60, 1, 1, 1, List.of("robot", "dsp-*")));

    // When
    int passed = passed(guard, 50, "dsp-law", 0);

    // Then
    assertThat(passed).isEqualTo(50);
    assertThat(passed(guard, 50, "robot", 0)).isEqualTo(50);
    assertThat(passed(guard, 50, "robots", 0)).isEqualTo(1);
    assertThat(store.get("robot")).isNull();
  }

  @Test
  void shouldRememberNothingWhereAllIsOff() {
    // Given
    AbuseGuard guard = guard(OFF);

    // When
    int passed = passed(guard, 200, "ann", 0);

    // Then
    assertThat(passed).isEqualTo(200);
    assertThat(store.get("ann")).isNull();
  }

  private AbuseGuard guard(AbuseLimits limits) {
    return new ActivityGuard(limits, store);
  }

  /** How many of so many choices with texts of their own pass. */
  private int passed(AbuseGuard guard, int count, String user, long at) {
    int passed = 0;
    for (int i = 0; i < count; i++) {
      passed += guard.examine(choice(user, 0, at)).isEmpty() ? 1 : 0;
    }
    return passed;
  }

  private static int passedWithText(AbuseGuard guard, int count, String text) {
    int passed = 0;
    for (int i = 0; i < count; i++) {
      passed += guard.examine(text(text)).isEmpty() ? 1 : 0;
    }
    return passed;
  }

  private UserEvent choice(String user, int preferred, long at) {
    return Reactions.choice(user, "prompt " + events++, preferred, 2, at);
  }

  private static UserEvent text(String text) {
    return Reactions.choice("ann", text, 0, 2, 0);
  }
}
