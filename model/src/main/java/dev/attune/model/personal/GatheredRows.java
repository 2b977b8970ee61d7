package dev.attune.model.personal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.TorchScript;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The rows of a batch's users, with their optimiser state, as tensors: [U, R]. Users are numbered
 * from 1; 0 is the generic user.
 */
final class GatheredRows {
  private final Map<String, Integer> numbers = new LinkedHashMap<>();
  private final NDArray values;
  private final NDArray means;
  private final NDArray squares;
  private final NDArray steps;

  /**
   * Gathers rows into {@code manager}'s memory.
   *
   * @param users at least one
   * @param rows gives each user's row
   */
  GatheredRows(NDManager manager, Set<String> users, Function<String, UserRow> rows) {
    List<UserRow> gathered = new ArrayList<>();
    for (String user : users) {
      gathered.add(rows.apply(user));
      numbers.put(user, gathered.size());
    }
    values = stack(manager, gathered.stream().map(UserRow::values).toList());
    means = stack(manager, gathered.stream().map(UserRow::mean).toList());
    squares = stack(manager, gathered.stream().map(UserRow::square).toList());
    steps = stack(manager, gathered.stream().map(row -> new float[] {row.steps()}).toList());
  }

  /** Returns rows as a matrix. */
  static NDArray stack(NDManager manager, List<float[]> rows) {
    int size = rows.get(0).length;
    float[] all = new float[rows.size() * size];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, all, i * size, size);
    }
    return Tensors.owned(manager, all, TorchScript.FLOAT32, rows.size(), size);
  }

  /** Returns the users' numbers. */
  Map<String, Integer> numbers() {
    return numbers;
  }

  NDArray values() {
    return values;
  }

  /** One step of Adam on all rows. */
  void step(NDManager scratch, NDArray gradients, double learningRate, double beta1, double beta2) {
    TorchScript.SHARED.train(
        scratch,
        "adam_rows",
        values,
        gradients,
        means,
        squares,
        steps,
        learningRate,
        beta1,
        beta2,
        1e-8);
  }

  /** Puts all rows back. */
  void scatter(UserRows rows) {
    float[] v = Tensors.floats(values);
    float[] m = Tensors.floats(means);
    float[] s = Tensors.floats(squares);
    float[] t = Tensors.floats(steps);
    int size = v.length / numbers.size();
    numbers.forEach(
        (user, number) -> {
          int from = (number - 1) * size;
          int to = from + size;
          rows.put(
              user,
              new UserRow(
                  Arrays.copyOfRange(v, from, to),
                  Arrays.copyOfRange(m, from, to),
                  Arrays.copyOfRange(s, from, to),
                  (int) t[number - 1]));
        });
  }
}
