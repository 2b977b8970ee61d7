package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.reference.ReferenceDecoder;
import dev.attune.model.reference.ReferenceDecoder.Lora;
import dev.attune.model.reference.ReferenceLosses;
import dev.attune.model.reference.TextBatch;
import dev.attune.model.text.DialogueTemplate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RewardScorerTest extends RewardTestBase {
  private static final List<String> HEADS = List.of("pooled", "helpful");

  @Test
  void shouldComputeTheRewardsOfPlainArrayOperations() {
    // Given: an adapter that does nothing, so that the oracle needs the base alone
    RewardWeights weights = headsOnly(random(1, HEADS));
    PreferenceExample example = golden(1, 1).get(0);
    try (RewardScorer scorer = new RewardScorer(base);
        ResidentModel model = scorer.load(weights)) {

      // When
      double[] rewards = scorer.score(List.of(item(example, model, "helpful"))).get(0);

      // Then
      for (int i = 0; i < rewards.length; i++) {
        assertThat(rewards[i]).isCloseTo(oracle(weights, example, i, 1), within(1e-4));
      }
    }
  }

  @Test
  void shouldNotDependOnTheRestOfTheBatch() {
    // Given: many items of all lengths, of two models, enough for several batches
    List<PreferenceExample> examples = golden(300, 2);
    try (RewardScorer scorer = new RewardScorer(base);
        ResidentModel first = scorer.load(random(1, HEADS));
        ResidentModel second = scorer.load(random(2, HEADS))) {
      List<ScoreItem> items = new ArrayList<>();
      for (int i = 0; i < examples.size(); i++) {
        items.add(item(examples.get(i), i % 3 == 0 ? second : first, HEADS.get(i % 2)));
      }
      Collections.shuffle(items, new Random(1));

      // When
      List<double[]> together = scorer.score(items);

      // Then
      for (int i = 0; i < items.size(); i += 17) {
        double[] alone = scorer.score(List.of(items.get(i))).get(0);
        assertThat(together.get(i)).containsExactly(alone, within(1e-5));
      }
    }
  }

  @Test
  void shouldScoreZeroWithoutAModelAndNothingWithoutReplies() {
    // Given
    ScoreItem untrained = item(golden(1, 3).get(0), null, "pooled");
    ScoreItem empty = new ScoreItem(List.of(), List.of(), null, "pooled");
    try (RewardScorer scorer = new RewardScorer(base)) {

      // When
      List<double[]> rewards = scorer.score(List.of(untrained, empty));

      // Then
      assertThat(rewards.get(0)).containsExactly(0, 0, 0);
      assertThat(rewards.get(1)).isEmpty();
    }
  }

  @Test
  void shouldUseThePooledHeadForAnUnknownOne() {
    // Given
    PreferenceExample example = golden(1, 4).get(0);
    try (RewardScorer scorer = new RewardScorer(base);
        ResidentModel model = scorer.load(random(1, HEADS))) {

      // When
      List<double[]> rewards =
          scorer.score(
              List.of(
                  item(example, model, "pooled"),
                  item(example, model, "nobody"),
                  item(example, model, "helpful")));

      // Then
      assertThat(rewards.get(1)).containsExactly(rewards.get(0), within(1e-5));
      assertThat(rewards.get(2)[0]).isNotCloseTo(rewards.get(0)[0], within(1e-3));
    }
  }

  @Test
  void shouldRefuseAClosedModel() {
    // Given
    try (RewardScorer scorer = new RewardScorer(base)) {
      ResidentModel model = scorer.load(random(1, HEADS));
      model.close();
      model.close();

      // When / Then
      assertThatThrownBy(() -> scorer.score(List.of(item(golden(1, 5).get(0), model, "pooled"))))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void shouldKeepAModelThatABatchStillUses() {
    // Given
    try (RewardScorer scorer = new RewardScorer(base)) {
      ResidentModel model = scorer.load(random(1, HEADS));
      model.retain();
      model.close();

      // When
      List<double[]> rewards = scorer.score(List.of(item(golden(1, 6).get(0), model, "pooled")));

      // Then
      assertThat(rewards.get(0)).hasSize(3);
      model.release();
    }
  }

  @Test
  void shouldRefuseWeightsOfAnotherBase() {
    // Given
    RewardWeights weights = random(1, HEADS);
    RewardWeights.Identity own = weights.identity();
    RewardWeights foreign =
        new RewardWeights(
            new RewardWeights.Identity("other", own.precision(), 4, 8, 32, 32),
            HEADS,
            weights.parameters());
    try (RewardScorer scorer = new RewardScorer(base)) {

      // When / Then
      assertThatThrownBy(() -> scorer.load(foreign))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("base other");
    }
  }

  private static ScoreItem item(PreferenceExample example, ResidentModel model, String head) {
    return new ScoreItem(example.prompt(), example.replies(), model, head);
  }

  private static RewardWeights headsOnly(RewardWeights weights) {
    Map<String, RewardWeights.Parameter> parameters = new LinkedHashMap<>(weights.parameters());
    parameters.replaceAll(
        (name, p) ->
            name.equals("heads")
                ? p
                : new RewardWeights.Parameter(p.shape(), new float[p.values().length]));
    return new RewardWeights(weights.identity(), weights.headList(), parameters);
  }

  private static double oracle(RewardWeights weights, PreferenceExample example, int i, int head) {
    DialogueTemplate template = new DialogueTemplate(base.tokenizer(), 32, 32);
    int[] prompt = template.prompt(example.prompt());
    int[] reply = template.reply(example.replies().get(i));
    try (ModelFolder files = ModelFolder.open(base.folder());
        ReferenceDecoder oracle = new ReferenceDecoder(files);
        NDManager manager = Torch.newManager()) {
      RewardWeights.Parameter p = weights.parameters().get("heads");
      NDArray heads = Tensors.of(manager, p.values(), p.shape());
      TextBatch text = new TextBatch(List.of(TextBatch.Text.of(prompt, reply)));
      NDArray states = oracle.states(manager, text, Lora.NONE);
      return ReferenceLosses.rewards(states, text, heads).getFloat(0, head);
    }
  }
}
