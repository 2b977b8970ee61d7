package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.reward.RewardWeights.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SourceEffectsTest {
  private static final String SOURCE = "webgpt";
  private static final List<String> HEADS = List.of("pooled", "other", SOURCE);
  private static final double VARIANCE = 6;
  private static final int[] BOTH = {0, 1};

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldLearnWhatAPlainKalmanFilterLearns(boolean length) {
    // Given: a comparison with a margin, a tie and a judgement, each with a weight
    int states = 6;
    SourceEffects effects = new SourceEffects(states, config(length, 128, 1), Map.of());
    Random random = new Random(1);
    HeadInputs[] read = new HeadInputs[3];
    for (int i = 0; i < 3; i++) {
      read[i] = replies(random, states, length);
    }
    int k = read[0].inputs();
    double[] mean = new double[k + 1];
    double[][] covariance = new double[k + 1][k + 1];
    for (int i = 0; i <= k; i++) {
      covariance[i][i] = VARIANCE / k;
    }

    // When
    effects.learn(given(event(new Pair(1, 0, 2, 0.5f, false)), 0.3), read[0], BOTH);
    effects.learn(given(event(new Pair(0, 1, 1, 0.5f, true)), -0.7), read[1], BOTH);
    effects.learn(given(event(new Judgement(1, false, 0.5f)), 0.1), read[2], BOTH);

    // Then
    observe(mean, covariance, x(read[0], 1, 0, 0), 0.3 - 0.5, 1, 2);
    observe(mean, covariance, x(read[1], 0, 1, 0), -0.7, 0.5, 1);
    observe(mean, covariance, x(read[2], 1, -1, Math.sqrt(k)), 0.1, 0, 0.5);
    float[] rows = effects.rows(HEADS);
    assertThat(rows).hasSize(3 * k);
    for (int i = 0; i < k; i++) {
      assertThat((double) rows[i]).as("pooled").isZero();
      assertThat((double) rows[k + i]).as("a source without events").isZero();
      assertThat((double) rows[2 * k + i]).isCloseTo(mean[i], within(1e-5));
    }
    assertThat(effects.biases(HEADS))
        .containsExactly(new float[] {0, 0, (float) (mean[k] * Math.sqrt(k))}, within(1e-5f));
  }

  private static void observe(
      double[] mean, double[][] covariance, double[] x, double offset, double target, double c) {
    int k = x.length;
    double score = offset;
    double[] g = new double[k];
    double v = 0;
    for (int i = 0; i < k; i++) {
      score += mean[i] * x[i];
      for (int j = 0; j < k; j++) {
        g[i] += covariance[i][j] * x[j];
      }
      v += x[i] * g[i];
    }
    double p = 1 / (1 + Math.exp(-score));
    double q = c * p * (1 - p);
    for (int i = 0; i < k; i++) {
      mean[i] += g[i] / (1 + q * v) * c * (target - p);
      for (int j = 0; j < k; j++) {
        covariance[i][j] -= g[i] * g[j] * q / (1 + q * v);
      }
    }
  }

  private static double[] x(HeadInputs read, int reply, int other, double constant) {
    double[] x = new double[read.inputs() + 1];
    for (int i = 0; i < read.inputs(); i++) {
      x[i] = read.values()[reply * read.inputs() + i];
      x[i] -= other < 0 ? 0 : read.values()[other * read.inputs() + i];
    }
    x[read.inputs()] = constant;
    return x;
  }

  @ParameterizedTest
  @CsvSource({"128, 1", "128, 2", "128, 3", "24, 1", "24, 2", "24, 3"})
  void shouldLearnATasteAlsoOfProjectedStates(int dimensions, long seed) {
    // Given: states that vary in 8 of 48 directions, and a pooled head contrary to the taste
    int states = 48;
    SourceEffects effects = new SourceEffects(states, config(true, dimensions, seed), Map.of());
    Random random = new Random(seed);
    double[][] factors = new double[8][states];
    for (double[] factor : factors) {
      Arrays.setAll(factor, i -> random.nextGaussian() / Math.sqrt(8));
    }
    float[] taste = new float[states + 1];
    for (int i = 0; i < states; i++) {
      taste[i] = (float) (random.nextGaussian() / 4);
    }
    float[] contrary = taste.clone();
    for (int i = 0; i < states; i++) {
      contrary[i] *= -0.2f;
    }

    // When
    for (int i = 0; i < 400; i++) {
      HeadInputs read = replies(random, factors);
      int better = better(read, taste, 0);
      double pooled = difference(read, contrary, 0, better);
      effects.learn(given(event(Pair.of(better, 1 - better)), pooled), read, BOTH);
    }

    // Then
    Parameter heads =
        SourceEffects.added(
            new Parameter(new long[] {1, states + 1}, contrary), effects.rows(HEADS));
    assertThat(heads.shape()).containsExactly(3, states + 1);
    int right = 0;
    int other = 0;
    for (int i = 0; i < 400; i++) {
      HeadInputs read = replies(random, factors);
      int better = better(read, taste, 0);
      right += better(read, heads.values(), 2) == better ? 1 : 0;
      other += better(read, heads.values(), 1) == better ? 1 : 0;
    }
    assertThat(right / 400.0).isGreaterThan(0.85);
    assertThat(other).as("another source is as the pooled head is").isZero();
  }

  @Test
  void shouldLearnNothingFromStatesThatAreNoNumbers() {
    // Given
    SourceEffects effects = new SourceEffects(2, config(false, 128, 1), Map.of());
    HeadInputs broken = new HeadInputs(new float[] {1, Float.NaN, 0, 1}, 2);

    // When
    effects.learn(given(event(Pair.of(0, 1)), 0), broken, BOTH);

    // Then
    assertThat(effects.rows(HEADS)).containsOnly(0);
  }

  @Test
  void shouldRefuseBeliefsOfAnotherSize() {
    // Given
    Map<String, GaussianWeights> beliefs = Map.of(SOURCE, GaussianWeights.independent(4, 1));

    // When / Then
    assertThatThrownBy(() -> new SourceEffects(12, config(false, 128, 1), beliefs))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("webgpt has 4 weights")
        .hasMessageContaining("13");
  }

  private static OnlineConfig config(boolean length, int dimensions, long seed) {
    return RewardTestBase.withEffects(
        RewardTestBase.config(Pooling.MEAN, length, 1000, 4, 0, 0, seed), VARIANCE, dimensions);
  }

  /** Two replies whose states are made of a few factors. */
  private static HeadInputs replies(Random random, double[][] factors) {
    HeadInputs read = replies(random, factors[0].length, true);
    float[] values = read.values();
    for (int reply = 0; reply < 2; reply++) {
      int at = reply * read.inputs();
      Arrays.fill(values, at, at + factors[0].length, 0);
      for (double[] factor : factors) {
        double much = random.nextGaussian();
        for (int i = 0; i < factor.length; i++) {
          values[at + i] += (float) (much * factor[i]);
        }
      }
    }
    return read;
  }

  /** Two replies whose states are of the size of normalised ones. */
  private static HeadInputs replies(Random random, int states, boolean length) {
    int inputs = states + (length ? 1 : 0);
    float[] values = new float[2 * inputs];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return new HeadInputs(values, inputs);
  }

  private static int better(HeadInputs read, float[] heads, int head) {
    double[] rewards = read.rewards(BOTH, heads, head);
    return rewards[0] > rewards[1] ? 0 : 1;
  }

  private static double difference(HeadInputs read, float[] head, int row, int first) {
    double[] rewards = read.rewards(BOTH, head, row);
    return rewards[first] - rewards[1 - first];
  }

  /** What the pooled head says; what the source's own says does not matter. */
  private static Prediction given(EncodedExample event, double pooled) {
    return new Prediction(event, new double[] {Double.NaN}, new double[] {pooled});
  }

  private static EncodedExample event(Pair pair) {
    return event(List.of(pair), List.of());
  }

  private static EncodedExample event(Judgement judgement) {
    return event(List.of(), List.of(judgement));
  }

  private static EncodedExample event(List<Pair> pairs, List<Judgement> judgements) {
    EncodedReply reply = new EncodedReply(new int[] {1}, 1);
    return new EncodedExample(
        SOURCE,
        UserKey.NONE,
        false,
        new EncodedDialogue(new int[] {1}, List.of(reply, reply)),
        pairs,
        judgements);
  }
}
