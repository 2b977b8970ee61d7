package dev.attune.model.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.model.head.BasisChange;
import dev.attune.model.head.FeaturePair;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.io.SafetensorsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PolicyTest {
  private static final int FEATURES = 5;
  private static final HeadBasis FIRST = basis(1);
  private static final HeadBasis SECOND = basis(2);
  private static final GaussianWeights PRIOR = GaussianWeights.independent(4, 1);

  @Test
  void shouldReadWhatItWrote() {
    Policy policy = second();

    Policy read = Policy.read(policy.toBytes());

    assertThat(read.toBytes()).isEqualTo(policy.toBytes());
    assertThat(read.epoch()).isEqualTo(2);
    assertThat(read.prior()).isEqualTo(policy.prior());
  }

  @Test
  void shouldCarryAStateAsAStoredPolicyDoes() {
    Policy policy = second();
    UserState state = learned();

    UserState carried = Policy.read(policy.toBytes()).carry(state);

    assertThat(carried).isEqualTo(policy.carry(state));
    assertThat(carried.epoch()).isEqualTo(2);
    assertThat(carried.events()).isEqualTo(3);
  }

  @Test
  void shouldCarryTheGenericStateToTheGenericState() {
    Policy policy = second();

    UserState carried = policy.carry(first().generic());

    assertThat(carried.head().mean()).containsExactly(policy.prior().mean());
  }

  @Test
  void shouldLeaveAStateOfItsOwnEpochAlone() {
    UserState state = learned();

    UserState carried = first().carry(state);

    assertThat(carried).isSameAs(state);
  }

  @Test
  void shouldStartAnewFromAStateThatIsOlderThanItsChanges() {
    Policy policy = new Policy(5, "sha", 64, 96, SECOND, PRIOR, null, null, List.of());

    UserState carried = policy.carry(learned());

    assertThat(carried.head()).isEqualTo(PRIOR);
    assertThat(carried.events()).isEqualTo(3);
  }

  @Test
  void shouldRefuseAStateOfALaterEpoch() {
    UserState later = new UserState(3, PRIOR, 0, null, 0);

    assertThatThrownBy(() -> second().carry(later))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("epoch 3");
  }

  @Test
  void shouldRefuseOtherBytes() {
    byte[] bytes = {1, 2, 3};

    assertThatThrownBy(() -> Policy.read(bytes)).isInstanceOf(SafetensorsException.class);
  }

  private static Policy first() {
    return new Policy(1, "sha", 64, 96, FIRST, PRIOR, null, null, List.of());
  }

  private static Policy second() {
    Random random = new Random(3);
    List<FeaturePair> sample = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      sample.add(new FeaturePair(features(random), features(random)));
    }
    BasisChange change = BasisChange.between(FIRST, SECOND, sample);
    return new Policy(
        2,
        "sha",
        64,
        96,
        SECOND,
        GaussianWeights.independent(4, 0.5),
        null,
        null,
        List.of(new EpochChange(1, change, PRIOR, null)));
  }

  private static UserState learned() {
    GaussianWeights head = PRIOR;
    Random random = new Random(4);
    for (int i = 0; i < 3; i++) {
      double[] x = {random.nextGaussian(), random.nextGaussian(), random.nextGaussian(), 0};
      head = head.observe(x, head.score(x), 1);
    }
    return new UserState(1, head, 3, null, 0);
  }

  private static HeadBasis basis(long seed) {
    Random random = new Random(seed);
    List<float[]> directions = List.of(features(random), features(random), features(random));
    return new HeadBasis(features(random), new float[] {1, 2, 1, 2, 1}, directions);
  }

  private static float[] features(Random random) {
    float[] values = new float[FEATURES];
    for (int i = 0; i < FEATURES; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
