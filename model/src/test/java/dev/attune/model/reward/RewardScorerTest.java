package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.reference.ReferenceDecoder;
import dev.attune.model.reference.ReferenceDecoder.Lora;
import dev.attune.model.reference.TextBatch;
import dev.attune.model.text.DialogueTemplate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RewardScorerTest extends RewardTestBase {
  private static final List<String> HEADS = List.of("pooled", "helpful");

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void shouldComputeTheRewardsOfPlainArrayOperations(Pooling pooling) {
    // Given: an adapter that does nothing, so that the oracle needs the base alone; a reply that is
    // cut off, and an empty one
    OnlineConfig config = config(pooling, true, 1000, 4, 1, 0, 1);
    RewardWeights weights = headsOnly(random(config, HEADS));
    PreferenceExample golden = golden(1, 1).get(0);
    List<String> replies = List.of(golden.replies().get(0), "gold stone ".repeat(40), "");
    PreferenceExample example = new PreferenceExample(golden.prompt(), replies, List.of(), null);
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
  void shouldGiveEachRowItsOwnModelInOnePass() {
    // Given: models with different heads
    List<PreferenceExample> examples = golden(12, 7);
    try (RewardScorer scorer = new RewardScorer(base);
        ResidentModel first = scorer.load(random(1, List.of("pooled")));
        ResidentModel second = scorer.load(random(2, HEADS));
        ResidentModel third = scorer.load(random(3, List.of("pooled", "funny", "helpful")))) {
      List<ResidentModel> models = List.of(third, first, second);
      List<ScoreItem> items = new ArrayList<>();
      for (int i = 0; i < examples.size(); i++) {
        items.add(item(examples.get(i), models.get(i % 3), "helpful"));
      }

      // When
      List<double[]> together = scorer.score(items);

      // Then
      for (int i = 0; i < items.size(); i++) {
        double[] alone = scorer.score(List.of(items.get(i))).get(0);
        assertThat(together.get(i)).containsExactly(alone, within(1e-5));
      }
    }
  }

  @Test
  void shouldStackMoreModelsThanFitOneStack() {
    // Given
    List<PreferenceExample> examples = golden(80, 9);
    List<ResidentModel> models = new ArrayList<>();
    try (RewardScorer scorer = new RewardScorer(base)) {
      for (int i = 0; i < 40; i++) {
        models.add(scorer.load(random(i, HEADS)));
      }
      List<ScoreItem> items = new ArrayList<>();
      for (int i = 0; i < examples.size(); i++) {
        items.add(item(examples.get(i), models.get(i % models.size()), HEADS.get(i % 2)));
      }

      // When
      List<double[]> together = scorer.score(items);

      // Then
      for (int i = 0; i < items.size(); i += 7) {
        double[] alone = scorer.score(List.of(items.get(i))).get(0);
        assertThat(together.get(i)).containsExactly(alone, within(1e-5));
      }
    } finally {
      models.forEach(ResidentModel::close);
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
            new RewardWeights.Identity("other", own.precision(), own.model()),
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
      TextBatch text = new TextBatch(List.of(TextBatch.Text.of(prompt, reply)));
      NDArray states = oracle.states(manager, text, Lora.NONE).get(0);
      int length = prompt.length + reply.length;
      boolean ended = reply[reply.length - 1] == base.tokenizer().eosId();
      int last = length - (ended && reply.length > 1 ? 2 : 1);
      NDArray own = states.get(prompt.length + ":");
      NDArray pooled =
          switch (weights.identity().model().pooling()) {
            case MEAN -> own.mean(new int[] {0});
            case MAX -> own.max(new int[] {0});
            case LAST -> states.get(last);
            case END -> states.get(length - 1);
          };
      NDArray centred = pooled.sub(pooled.mean());
      NDArray z = centred.div(centred.mul(centred).mean().add(1e-5).sqrt());
      double characters = 4 * (Math.log(1.0 + example.replies().get(i).length()) - 6);
      z = z.concat(manager.create(new float[] {(float) characters}), 0);
      RewardWeights.Parameter heads = weights.parameters().get("heads");
      NDArray h = manager.create(heads.values(), new Shape(heads.shape()));
      return z.mul(h.get(head)).sum().getFloat();
    }
  }
}
