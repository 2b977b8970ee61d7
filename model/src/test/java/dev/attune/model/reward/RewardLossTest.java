package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.reward.Comparisons.Imitation;
import dev.attune.model.reward.Comparisons.Weighted;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.reward.RewardWeights.Parameter;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Turn;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The losses against the formulas in plain Java. */
class RewardLossTest extends RewardTestBase {
  private static final List<String> HEADS = List.of("pooled", "helpful");
  private static final OnlineConfig CONFIG = config(Pooling.MEAN, true, 1000, 4, 0, 0, 1);

  @Test
  void shouldRankAndJudgeByTheWeightedMean() {
    // Given: a source's example trains its own head and the pooled one
    List<Pair> pairs = List.of(new Pair(0, 1, 2, 0.4f, false), new Pair(1, 2, 0.5f, 9, true));
    List<Judgement> judgements = List.of(new Judgement(0, true, 1), new Judgement(2, false, 3));
    PreferenceExample golden = golden(1, 1).get(0);
    PreferenceExample example =
        new PreferenceExample(golden.prompt(), golden.replies(), pairs, judgements, null);

    // When
    Loss loss = loss(List.of(encoded(example)), Imitation.NOTHING, 0);

    // Then
    double expected = 0;
    for (int head = 0; head < 2; head++) {
      double[] r = {loss.rewards[head], loss.rewards[2 + head], loss.rewards[4 + head]};
      double tie = r[1] - r[2];
      expected -= 2 * logSigmoid(r[0] - r[1] - 0.4);
      expected -= 0.5 * 0.5 * (logSigmoid(tie) + logSigmoid(-tie));
      expected -= logSigmoid(r[0] + loss.biases[head]);
      expected -= 3 * logSigmoid(-r[2] - loss.biases[head]);
    }
    assertThat(loss.value).isCloseTo(expected / (2 * (2 + 0.5 + 1 + 3)), within(1e-5));
  }

  @ParameterizedTest
  @EnumSource(
      value = Imitation.class,
      names = {"REPLIES", "DIALOGUES"})
  void shouldImitateByTheMeanOverTokensThenOverTexts(Imitation imitation) {
    // Given: preferred replies of very different lengths, and one example that prefers none
    List<EncodedExample> examples =
        List.of(
            encoded(PreferenceExample.choice(prompt("moon"), List.of("gold", "lead slow"), 0)),
            encoded(
                PreferenceExample.choice(
                    prompt("quick river"), List.of("salt", "gold stone paper wind river"), 1)),
            encoded(
                new PreferenceExample(
                    prompt("wind"), List.of("a", "b"), List.of(new Pair(0, 1, 1, 0, true)), null)));

    // When
    double with = loss(examples, imitation, 1).value;
    double without = loss(examples, Imitation.NOTHING, 0).value;

    // Then
    double expected =
        (crossEntropy(examples.get(0), 0, imitation) + crossEntropy(examples.get(1), 1, imitation))
            / 2;
    assertThat(with - without).isCloseTo(expected, within(1e-4));
  }

  @Test
  void shouldGiveGeneralEventsTheirShareOfTheWeight() {
    // Given
    List<EncodedExample> own = golden(8, 1).stream().map(RewardLossTest::encoded).toList();
    List<Weighted> batch = own.stream().map(e -> new Weighted(e, 1)).toList();
    List<EncodedExample> general = golden(3, 2).stream().map(RewardLossTest::encoded).toList();

    // When
    List<Weighted> shared = OnlineRewardLearner.weighted(general, batch, 0.2);

    // Then: eight events of two comparisons each are four fifths of 20
    double weight = shared.stream().mapToDouble(w -> w.factor() * w.example().weight()).sum();
    assertThat(weight).isCloseTo(4, within(1e-9));
  }

  private record Loss(double value, float[] rewards, float[] biases) {}

  private static Loss loss(List<EncodedExample> examples, Imitation imitation, double lambda) {
    Map<String, Parameter> parameters = new LinkedHashMap<>(random(CONFIG, HEADS).parameters());
    parameters.replaceAll(
        (name, p) ->
            name.contains("lora") ? new Parameter(p.shape(), new float[p.values().length]) : p);
    List<Weighted> batch = examples.stream().map(e -> new Weighted(e, 1)).toList();
    try (NDManager manager = Torch.newManager()) {
      Map<String, NDArray> inputs =
          EncodedDialogue.tensors(
              manager,
              examples.stream().map(EncodedExample::dialogue).toList(),
              base,
              CONFIG.model());
      new Comparisons(batch, HEADS, true, imitation).putTensors(manager, batch, inputs);
      List<NDArray> results = gradients(manager, inputs, parameters, lambda);
      return new Loss(
          Tensors.floats(results.get(0))[0],
          Tensors.floats(results.get(1)),
          parameters.get(RewardWeights.BIASES).values());
    }
  }

  /** The mean over the tokens that are imitated, by the base alone. */
  private static double crossEntropy(EncodedExample example, int reply, Imitation imitation) {
    int[] prompt = example.dialogue().prompt();
    int[] ids =
        IntStream.concat(
                Arrays.stream(prompt), Arrays.stream(example.dialogue().replies().get(reply).ids()))
            .toArray();
    long[][] text = {Arrays.stream(ids).asLongStream().toArray()};
    int from = imitation == Imitation.REPLIES ? prompt.length : 1;
    double sum = 0;
    try (NDManager manager = Torch.newManager()) {
      float[] logits = Tensors.floats(base.logits(manager, text));
      int vocabulary = logits.length / ids.length;
      for (int t = from; t < ids.length; t++) {
        double normaliser = 0;
        for (int v = 0; v < vocabulary; v++) {
          normaliser += Math.exp(logits[(t - 1) * vocabulary + v]);
        }
        sum += Math.log(normaliser) - logits[(t - 1) * vocabulary + ids[t]];
      }
    }
    return sum / (ids.length - from);
  }

  private static double logSigmoid(double x) {
    return -Math.log1p(Math.exp(-x));
  }

  private static List<Turn> prompt(String text) {
    return List.of(new Turn("user", text));
  }

  private static EncodedExample encoded(PreferenceExample example) {
    return EncodedExample.of("helpful", example, new DialogueTemplate(base.tokenizer(), 32, 32));
  }
}
