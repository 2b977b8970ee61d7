package dev.attune.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.model.reward.EncodedDialogue;
import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.EncodedReply;
import dev.attune.model.reward.Prediction;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GateTest {
  /** Decides each 10 events; at most 3 events of a user; two refusals. */
  private static final GateConfig CONFIG =
      new GateConfig(10, 1.0 / 16, 20, 3, 0.005, 0.02, 0.05, 0.05, 2, 5, 12, 30, 2);

  private static final Predictor GOOD = saying(2);
  private static final Predictor FAIR = saying(0.5);
  private static final Predictor BAD = saying(-2);

  @Test
  void shouldPublishWhatIsBetter() {
    // Given
    Gate gate = gate();
    observe(gate, 1, 20, 2);

    // When
    GateVerdict verdict = gate.decide(FAIR, GOOD);

    // Then
    assertThat(verdict.getDecision()).isEqualTo(GateDecision.PUBLISHED);
    assertThat(verdict.getReason()).isEqualTo("better on the window by 0.3471 nats");
    assertThat(verdict.getEvents()).isEqualTo(20);
    assertThat(verdict.getWindow()).isEqualTo(20);
    assertThat(verdict.getAnchors()).isEqualTo(12);
    assertThat(verdict.getAnchorEvidence()).isEqualTo(1);
  }

  @Test
  void shouldAskForEnoughEvents() {
    // Given: the first five are no anchors
    Gate gate = gate();
    observe(gate, 1, 14, 2);

    // When
    GateVerdict verdict = gate.decide(FAIR, GOOD);

    // Then
    assertThat(verdict.getDecision()).isEqualTo(GateDecision.UNDECIDED);
    assertThat(verdict.getReason())
        .isEqualTo("9 events to test on (at most 3 of a user), 10 are asked for");
  }

  @Test
  void shouldNotLetOneUserDecide() {
    // Given
    Gate gate = gate();
    IntStream.rangeClosed(1, 50).forEach(id -> gate.observe(prediction(id, 7, 2)));

    // When
    GateVerdict verdict = gate.decide(FAIR, GOOD);

    // Then
    assertThat(verdict.getDecision()).isEqualTo(GateDecision.UNDECIDED);
    assertThat(verdict.getWindow()).isEqualTo(3);
    assertThat(verdict.getAnchors()).isEqualTo(3);
  }

  @Test
  void shouldNotPublishWhatWasNotBetterBeforeItLearned() {
    // Given: the candidate knows these events by now, but did not when they came
    Gate gate = gate();
    observe(gate, 1, 20, 0.5);

    // When
    GateVerdict verdict = gate.decide(FAIR, GOOD);

    // Then
    assertThat(verdict.getDecision()).isEqualTo(GateDecision.UNDECIDED);
    assertThat(verdict.getReason()).startsWith("not better on the window");
  }

  @Test
  void shouldRefuseWhatForgotTheAnchorsAndGiveItUpAtLast() {
    // Given: better on its window all the time
    Gate gate = gate();
    observe(gate, 1, 20, 2);
    GateVerdict first = gate.decide(FAIR, BAD);
    observe(gate, 21, 30, 2);

    // When
    GateVerdict second = gate.decide(FAIR, BAD);

    // Then
    assertThat(first.getDecision()).isEqualTo(GateDecision.REFUSED);
    assertThat(first.getReason())
        .startsWith("worse on the anchors by 1.6529 nats (evidence ")
        .endsWith(", refusal 1 of 2");
    assertThat(first.getAnchorEvidence()).isGreaterThan(20);
    assertThat(second.getDecision()).isEqualTo(GateDecision.FELL_BACK);
    assertThat(second.getFailures()).isEqualTo(2);
  }

  @Test
  void shouldBeginANewWindowAfterFallingBack() {
    // Given
    Gate gate = gate();
    observe(gate, 1, 20, 2);
    gate.decide(FAIR, BAD);
    gate.decide(FAIR, BAD);
    observe(gate, 21, 25, 2);

    // When
    GateVerdict verdict = gate.decide(FAIR, GOOD);

    // Then
    assertThat(verdict.getWindow()).isEqualTo(5);
    assertThat(verdict.getFailures()).isZero();
    assertThat(verdict.getDecision()).isEqualTo(GateDecision.UNDECIDED);
  }

  @Test
  void shouldCompareOnlyOnWhatTheServingVersionHasNotLearned() {
    // Given
    Gate gate = gate();
    observe(gate, 1, 20, 2);
    gate.decide(FAIR, GOOD);
    observe(gate, 21, 31, 3);

    // When
    GateVerdict verdict = gate.decide(GOOD, saying(3));

    // Then
    assertThat(verdict.getWindow()).isEqualTo(11);
    assertThat(verdict.getDecision()).isEqualTo(GateDecision.PUBLISHED);
  }

  @Test
  void shouldRefuseWhatForgotTheGeneralSet() {
    // Given
    List<EncodedExample> general =
        IntStream.range(1000, 1040).mapToObj(id -> event(id, id)).toList();
    Gate gate = new Gate(CONFIG, 1, general);
    observe(gate, 1, 20, 2);
    Predictor forgetful =
        examples -> examples.stream().map(e -> prediction(e, id(e) >= 1000 ? -2 : 2)).toList();

    // When
    GateVerdict verdict = gate.decide(FAIR, forgetful);

    // Then
    assertThat(verdict.getDecision()).isEqualTo(GateDecision.REFUSED);
    assertThat(verdict.getReason()).startsWith("worse on the general set");
    assertThat(verdict.getGeneral()).isEqualTo(30);
    assertThat(verdict.getGeneralEvidence()).isGreaterThan(20);
  }

  @Test
  void shouldWaitWhileLossesHaveJustRisen() {
    // Given: a long honest time, and then the beginning of another
    Gate gate = gate();
    observe(gate, 1, 100, 2);
    gate.decide(saying(1.9), GOOD);
    observe(gate, 101, 160, 2);
    int id = 160;
    while (!gate.observe(prediction(++id, id, -2))) {
      assertThat(id).isLessThan(180);
    }

    // When
    GateVerdict verdict = gate.decide(saying(-3), GOOD);

    // Then
    assertThat(verdict.getDecision()).isEqualTo(GateDecision.UNDECIDED);
    assertThat(verdict.getReason()).isEqualTo("losses rose 0 events ago");
    assertThat(gate.lastChange()).isEqualTo(id);
  }

  @Test
  void shouldKeepAnchorsUntilAPublicationAndTakeNoneThatARefusalFollowed() {
    // Given: anchors of the first events; 100 events that are refused; and honest ones again
    Gate gate = gate();
    observe(gate, 1, 30, 2);
    Set<Integer> before = anchors(gate, FAIR, GOOD);
    observe(gate, 101, 150, 2);
    Set<Integer> during = anchors(gate, FAIR, BAD);
    observe(gate, 151, 200, 2);
    gate.decide(FAIR, BAD);
    observe(gate, 201, 300, 2);
    anchors(gate, FAIR, GOOD);
    observe(gate, 301, 400, 2);

    // When
    Set<Integer> after = anchors(gate, FAIR, GOOD);

    // Then
    assertThat(before).hasSize(12).allMatch(id -> id > 5 && id <= 17);
    assertThat(during).hasSize(12).isSubsetOf(IntStream.rangeClosed(6, 30).boxed().toList());
    assertThat(after).hasSize(12).noneMatch(id -> id > 100 && id <= 200).anyMatch(id -> id > 200);
  }

  @Test
  void shouldNotAskWhatIsServedAboutWhatItSaidAsACandidate() {
    // Given
    List<EncodedExample> general =
        IntStream.range(1000, 1020).mapToObj(id -> event(id, id)).toList();
    Gate gate = new Gate(CONFIG, 1, general);
    observe(gate, 1, 30, 2);
    Set<Integer> candidate = asked(asking -> gate.decide(FAIR, asking), GOOD);
    observe(gate, 31, 50, 3);

    // When
    Set<Integer> serving = asked(asking -> gate.decide(asking, saying(3)), GOOD);

    // Then: only of what came since, and of anchors that the candidate was not asked about
    assertThat(candidate).hasSize(32);
    assertThat(serving).isNotEmpty().doesNotContainAnyElementsOf(candidate);
    assertThat(serving).containsAll(IntStream.rangeClosed(31, 50).boxed().toList());
  }

  @Test
  void shouldAnswerDueByCountsOfEvents() {
    // Given
    Gate gate = gate();
    List<Integer> decisions = new ArrayList<>();

    // When
    for (int id = 1; id <= 400; id++) {
      gate.observe(prediction(id, id, 0.5));
      if (gate.due()) {
        decisions.add(id);
        gate.decide(FAIR, FAIR);
      }
    }

    // Then: each ten events, then each sixteenth part
    assertThat(decisions).startsWith(10, 20, 30).contains(160, 170, 181).endsWith(383);
  }

  @Test
  void shouldDecideAsOftenAfterALongHistoryWhereNoShareIsAskedFor() {
    // Given
    Gate gate =
        new Gate(
            new GateConfig(10, 0, 20, 3, 0.005, 0.02, 0.05, 0.05, 2, 5, 12, 30, 2), 1, List.of());
    for (int id = 1; id <= 390; id++) {
      gate.observe(prediction(id, id, 0.5));
    }
    gate.decide(FAIR, FAIR);

    // When
    for (int id = 391; id <= 400; id++) {
      gate.observe(prediction(id, id, 0.5));
    }

    // Then
    assertThat(gate.due()).isTrue();
  }

  @Test
  void shouldHoldWhatAnOperatorPinned() {
    // Given
    Gate gate = gate();
    observe(gate, 1, 20, 2);

    // When
    GateVerdict verdict = gate.pinned();

    // Then
    assertThat(verdict.getDecision()).isEqualTo(GateDecision.PINNED);
    assertThat(gate.due()).isFalse();
  }

  @Test
  void shouldBeginANewWindowWhenAnOperatorRollsBack() {
    // Given
    Gate gate = gate();
    observe(gate, 1, 20, 2);

    // When
    GateVerdict verdict = gate.rolledBack();

    // Then
    assertThat(verdict.getDecision()).isEqualTo(GateDecision.ROLLED_BACK);
    assertThat(gate.decide(FAIR, GOOD).getWindow()).isZero();
  }

  @Test
  void shouldForgetAUser() {
    // Given
    Gate gate = gate();
    observe(gate, 1, 20, 2);

    // When
    gate.forget(8);

    // Then
    assertThat(anchors(gate, FAIR, GOOD)).hasSize(11).doesNotContain(8);
  }

  @Test
  void shouldGoOnFromItsStateBitForBit() {
    // Given: stopped at every seventh event
    Gate unbroken = gate();
    Gate restored = gate();

    // When
    for (int id = 1; id <= 200; id++) {
      Predictor candidate = id % 50 > 25 ? BAD : GOOD;
      for (Gate gate : List.of(unbroken, restored)) {
        gate.observe(prediction(id, id % 30 + 1, 0.5 + id % 3));
        if (gate.due()) {
          gate.decide(FAIR, candidate);
        }
      }
      if (id % 7 == 0) {
        restored = Gate.restore(CONFIG, restored.toBytes());
      }
    }

    // Then
    assertThat(restored.toBytes()).isEqualTo(unbroken.toBytes());
  }

  @Test
  void shouldNameASettingThatCannotBe() {
    // Given
    int window = 5;

    // When / Then
    assertThatThrownBy(() -> new GateConfig(10, 0, window, 3, 0, 0.02, 0.05, 0.05, 2, 5, 12, 30, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("window is 5.0; allowed is 10.0 to 1000000.0");
  }

  private static Gate gate() {
    return new Gate(CONFIG, 1, List.of());
  }

  /** Events with these numbers, each of a user of its own. */
  private static void observe(Gate gate, int from, int to, double logOdds) {
    IntStream.rangeClosed(from, to).forEach(id -> gate.observe(prediction(id, id, logOdds)));
  }

  /** Decides; returns the numbers of the anchors that the candidate was asked about. */
  private static Set<Integer> anchors(Gate gate, Predictor serving, Predictor candidate) {
    return asked(asking -> gate.decide(serving, asking), candidate);
  }

  /** Returns the numbers of the events that a predictor was asked about. */
  private static Set<Integer> asked(Consumer<Predictor> work, Predictor predictor) {
    List<EncodedExample> asked = new ArrayList<>();
    work.accept(
        examples -> {
          asked.addAll(examples);
          return predictor.predict(examples);
        });
    return asked.stream().map(GateTest::id).collect(Collectors.toSet());
  }

  private static Predictor saying(double logOdds) {
    return examples -> examples.stream().map(e -> prediction(e, logOdds)).toList();
  }

  private static Prediction prediction(int id, long user, double logOdds) {
    return prediction(event(id, user), logOdds);
  }

  private static Prediction prediction(EncodedExample example, double logOdds) {
    return new Prediction(example, new double[] {logOdds}, new double[] {logOdds});
  }

  private static EncodedExample event(int id, long user) {
    EncodedReply reply = new EncodedReply(new int[] {1}, 4);
    return new EncodedExample(
        "pooled",
        user,
        false,
        new EncodedDialogue(new int[] {id}, List.of(reply, reply)),
        List.of(Pair.of(0, 1)),
        List.of());
  }

  private static int id(EncodedExample example) {
    return example.dialogue().prompt()[0];
  }
}
