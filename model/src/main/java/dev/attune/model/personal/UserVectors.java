package dev.attune.model.personal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.UserModelConfig.Join;
import dev.attune.model.personal.UserModelConfig.Kind;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/** The names, shapes and first values of the user model's tensors; see personal.py. */
final class UserVectors {
  /** The generic user's vectors, or those of all users: [1, T_u·D]. */
  static final String GENERIC = "user.generic";

  /** Clusters' vectors: [K, T_u·D]. */
  static final String CLUSTERS = "user.clusters";

  /** The generic user's logits: [1, K]. */
  static final String LOGITS = "user.logits";

  /** The rows of a batch's users: [U, R]. */
  static final String ROWS = "user.rows";

  private static final double SPREAD = 0.02;

  private UserVectors() {}

  /** Returns the shapes of what all users share. */
  static Map<String, long[]> shapes(UserModelConfig users, int hidden) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    long width = (long) users.tokens() * hidden;
    if (users.kind() == Kind.CLUSTER) {
      shapes.put(CLUSTERS, new long[] {users.clusters(), width});
      shapes.put(LOGITS, new long[] {1, users.clusters()});
    } else if (users.tokens() > 0) {
      shapes.put(GENERIC, new long[] {1, width});
    }
    return shapes;
  }

  /**
   * Returns first values. Everything is zero, so that the model begins as the base: the implicit
   * reward is 0. Only clusters differ, as nothing else would tell them apart, but their mean is
   * zero, and with equal logits that is everybody's vector. (A soft prompt of zeros is no token
   * less: it takes a little of the attention.)
   *
   * @param scale of users' vectors
   */
  static float[] initial(String name, long[] shape, double scale, Random random) {
    int count = Math.toIntExact(shape[0]);
    int width = Math.toIntExact(shape[1]);
    float[] values = new float[count * width];
    for (int i = 0; name.equals(CLUSTERS) && i < width; i++) {
      double sum = 0;
      for (int k = 0; k < count; k++) {
        double value = SPREAD * scale * random.nextGaussian();
        values[k * width + i] = (float) value;
        sum += value;
      }
      for (int k = 0; k < count; k++) {
        values[k * width + i] -= (float) (sum / count);
      }
    }
    return values;
  }

  /**
   * Returns the unit of users' vectors: the root mean square of the base's input embeddings, or 1
   * where a vector is a head.
   */
  static double scale(BaseModel base, UserModelConfig users) {
    if (users.join() == Join.HEAD) {
      return 1;
    }
    try (NDManager scratch = Torch.newManager()) {
      NDArray scale = TorchScript.SHARED.infer(scratch, "embedding_scale", base.weights());
      return Tensors.floats(scale)[0];
    }
  }

  /**
   * Returns the row of a user who was never seen, who begins as the generic user.
   *
   * @param shared gives the user model's tensors by name
   */
  static UserRow newRow(UserModelConfig users, int hidden, Function<String, float[]> shared) {
    return switch (users.kind()) {
      case CLUSTER -> UserRow.of(shared.apply(LOGITS));
      case INDIVIDUAL ->
          UserRow.of(users.offset() ? new float[users.rowSize(hidden)] : shared.apply(GENERIC));
      case UNIFORM -> throw new IllegalStateException("a uniform user model has no rows");
    };
  }

  /** Returns a user's row, or that of a new user. */
  static UserRow row(
      UserRows rows,
      String user,
      UserModelConfig users,
      int hidden,
      Function<String, float[]> shared) {
    UserRow row = rows.find(user);
    return row == null ? newRow(users, hidden, shared) : requireSize(user, row, users, hidden);
  }

  /** Checks that a row belongs to such a user model. */
  static UserRow requireSize(String user, UserRow row, UserModelConfig users, int hidden) {
    int size = users.rowSize(hidden);
    if (row.size() != size) {
      throw new IllegalArgumentException(
          "the row of user '%s' has %d numbers; the user model asks for %d"
              .formatted(user, row.size(), size));
    }
    return row;
  }
}
