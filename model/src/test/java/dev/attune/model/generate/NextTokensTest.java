package dev.attune.model.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NextTokensTest {
  private static final int VOCABULARY = 30;
  private static final int ROWS = 200;

  @Test
  void shouldChooseWhatPlainArithmeticChooses() {
    // Given: logits come out as they go in, and every row has settings of its own
    Random random = new Random(1);
    float[] logits = new float[ROWS * VOCABULARY];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (2 * random.nextGaussian());
    }
    double[] temperature = new double[ROWS];
    long[] topK = new long[ROWS];
    double[] topP = new double[ROWS];
    double[] uniform = new double[ROWS];
    for (int b = 0; b < ROWS; b++) {
      temperature[b] = b % 5 == 0 ? 0 : 0.3 + random.nextDouble();
      topK[b] = b % 3 == 0 ? VOCABULARY : 1 + random.nextInt(VOCABULARY);
      topP[b] = b % 4 == 0 ? 1 : 1 - random.nextDouble();
      uniform[b] = b % 7 == 0 ? 0 : random.nextDouble();
    }
    uniform[1] = Math.nextDown(1.0);
    float[] identity = new float[VOCABULARY * VOCABULARY];
    for (int i = 0; i < VOCABULARY; i++) {
      identity[i * VOCABULARY + i] = 1;
    }
    try (NDManager manager = Torch.newManager();
        Dictionary weights =
            new Dictionary(
                Map.of("lm_head.weight", Tensors.of(manager, identity, VOCABULARY, VOCABULARY)))) {

      // When
      List<NDArray> chosen =
          TorchScript.SHARED.inferAll(
              manager,
              "next_tokens",
              Tensors.of(manager, logits, ROWS, VOCABULARY),
              weights,
              manager.create(temperature),
              Tensors.of(manager, topK, ROWS),
              manager.create(topP),
              manager.create(uniform));

      // Then
      long[] ids = chosen.get(0).toLongArray();
      float[] logProbabilities = Tensors.floats(chosen.get(1));
      for (int b = 0; b < ROWS; b++) {
        double[] row = new double[VOCABULARY];
        for (int i = 0; i < VOCABULARY; i++) {
          row[i] = logits[b * VOCABULARY + i];
        }
        int expected = choose(row, temperature[b], (int) topK[b], topP[b], uniform[b]);
        assertThat(ids[b]).as("row " + b).isEqualTo(expected);
        assertThat((double) logProbabilities[b])
            .isCloseTo(Math.log(softmax(row, 1)[expected]), within(1e-4));
      }
    }
  }

  private static int choose(
      double[] logits, double temperature, int topK, double topP, double uniform) {
    double[] p = softmax(logits, temperature == 0 ? 1 : temperature);
    List<Integer> order =
        IntStream.range(0, p.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -p[i]))
            .limit(temperature == 0 ? 1 : topK)
            .toList();
    double kept = order.stream().mapToDouble(i -> p[i]).sum();
    int nucleus = 0;
    double mass = 0;
    while (nucleus < order.size() && mass < topP * kept) {
      mass += p[order.get(nucleus++)];
    }
    double left = uniform * mass;
    for (int i = 0; i < nucleus - 1; i++) {
      left -= p[order.get(i)];
      if (left < 0) {
        return order.get(i);
      }
    }
    return order.get(nucleus - 1);
  }

  private static double[] softmax(double[] logits, double temperature) {
    double[] p = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp(logits[i] / temperature);
      sum += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
    return p;
  }
}
