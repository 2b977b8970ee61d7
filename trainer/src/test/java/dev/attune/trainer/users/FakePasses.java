package dev.attune.trainer.users;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.ResidentPolicy;
import dev.attune.model.policy.RowSlopes;
import dev.attune.model.policy.UserState;
import dev.attune.model.reward.PreferenceExample;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Passes whose features are drawn by the texts' hash; rows are not learned. */
public final class FakePasses implements PolicyPasses {
  /** The base that they pretend to be of. */
  public static final String BASE = "base-1";

  /** How many features a reply has. */
  public static final int FEATURES = 5;

  private final Policy policy;
  private final Runnable onPass;

  private FakePasses(Policy policy, Runnable onPass) {
    this.policy = policy;
    this.onPass = onPass;
  }

  /**
   * @param onPass is run before each pass
   */
  public static Loader loader(Runnable onPass) {
    return new Loader() {
      @Override
      public String base() {
        return BASE;
      }

      @Override
      public PolicyPasses load(Policy policy) {
        return new FakePasses(policy, onPass);
      }
    };
  }

  /** A policy without rows. */
  public static Policy policy(long epoch) {
    return policy(epoch, List.of());
  }

  /** A policy that knows how states of earlier epochs become its own. */
  public static Policy policy(long epoch, List<dev.attune.model.policy.EpochChange> changes) {
    return new Policy(
        epoch, BASE, 64, 96, basis(epoch), GaussianWeights.independent(4, 1), null, null, changes);
  }

  /** The coordinates of an epoch. */
  public static HeadBasis basis(long epoch) {
    Random random = new Random(epoch);
    return new HeadBasis(
        values(random),
        new float[] {1, 2, 1, 2, 1},
        List.of(values(random), values(random), values(random)));
  }

  @Override
  public Policy policy() {
    return policy;
  }

  @Override
  public List<float[][]> features(List<ReplyFeatures.Candidates> candidates) {
    onPass.run();
    List<float[][]> all = new ArrayList<>();
    for (ReplyFeatures.Candidates one : candidates) {
      all.add(
          one.replies().stream()
              .map(
                  reply ->
                      values(new Random(one.prompt().toString().hashCode() + reply.hashCode())))
              .toArray(float[][]::new));
    }
    return all;
  }

  @Override
  public List<RowSlopes> slopes(List<ResidentPolicy.RowEvent> events) {
    throw new UnsupportedOperationException("a policy without rows");
  }

  @Override
  public UserState learnRow(UserState state, PreferenceExample event, RowSlopes slopes) {
    throw new UnsupportedOperationException("a policy without rows");
  }

  @Override
  public UserState forgetRow(UserState state, PreferenceExample event) {
    throw new UnsupportedOperationException("a policy without rows");
  }

  private static float[] values(Random random) {
    float[] values = new float[FEATURES];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Override
  public void close() {}
}
