package dev.attune.model.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.model.engine.Precision;
import dev.attune.model.head.BasisLearner;
import dev.attune.model.head.FeaturePair;
import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.head.UserHead;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TinyBase;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyStartTest {
  private static final PolicyConfig CONFIG = PolicyLearnerTest.config(null);

  private static BaseModel base;

  @BeforeAll
  static void load(@TempDir Path folder) {
    base = BaseModel.load(TinyBase.write(folder, 1), Precision.FP32);
  }

  @AfterAll
  static void close() {
    base.close();
  }

  @Test
  void shouldBeTheSameForTheSameBase() {
    byte[] first = PolicyStart.of(base, CONFIG).toBytes();

    byte[] second = PolicyStart.of(base, CONFIG).toBytes();

    assertThat(second).isEqualTo(first);
  }

  @Test
  void shouldBeOfTheSizeThatIsAskedForAndSayNothingOfAnybody() {
    PolicyConfig eight = PolicyLearnerTest.config(new BasisLearner(4, 3, 10, 50), null);

    Policy policy = PolicyStart.of(base, eight);

    assertThat(policy.epoch()).isEqualTo(1);
    assertThat(policy.basis().size()).isEqualTo(8);
    assertThat(policy.prior().mean()).containsOnly(0);
    assertThat(policy.generic().row()).isNull();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldLetNewUsersLearnATasteForLengthInAFewEvents(long seed) {
    // Given
    Policy policy = PolicyStart.of(base, CONFIG);
    LengthUsers users = new LengthUsers(seed);
    UserHead longer = new UserHead(policy.generic().head(), 0);
    UserHead shorter = longer;

    // When
    for (int i = 0; i < 8; i++) {
      longer = longer.learn(difference(policy, users.event("a", true)), 0, 1);
      shorter = shorter.learn(difference(policy, users.event("b", false)), 0, 1);
    }

    // Then
    int right = 0;
    for (int i = 0; i < 50; i++) {
      right += longer.reward(difference(policy, users.event("a", true)), 0).mean() > 0 ? 1 : 0;
      right += shorter.reward(difference(policy, users.event("b", false)), 0).mean() > 0 ? 1 : 0;
    }
    assertThat(right).isGreaterThan(90);
  }

  private static double[] difference(Policy policy, UserEvent event) {
    try (ReplyFeatures reader =
        new ReplyFeatures(base, policy.promptTokens(), policy.replyTokens())) {
      float[][] replies =
          reader
              .of(
                  List.of(
                      new ReplyFeatures.Candidates(
                          event.event().prompt(), event.event().replies())))
              .get(0);
      Pair pair = event.event().pairs().get(0);
      return policy
          .basis()
          .difference(new FeaturePair(replies[pair.preferred()], replies[pair.other()]));
    }
  }
}
