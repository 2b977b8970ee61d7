package dev.attune.trainer;

import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.PolicyConfig;
import dev.attune.model.policy.PolicyLearner;
import dev.attune.model.policy.UserEvent;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.trainer.core.OnlineLearners;
import dev.attune.trainer.users.UserBuckets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** A policy that is trained for a moment, so that it has rows. */
public final class SmallPolicy {
  private SmallPolicy() {}

  /** Its second epoch. */
  public static Policy train(BaseModel base) {
    PolicyConfig defaults = PolicyConfig.defaults();
    PersonalConfig rows = defaults.rows();
    PersonalConfig small =
        new PersonalConfig(
            rows.users(), rows.loss(), rows.lora(), rows.optimizer(), 24, 32, 8192, 1);
    PolicyLearner learner =
        new PolicyLearner(
            base, new PolicyConfig(defaults.basis(), defaults.prior(), 24, 32, small, 20, 2));
    List<UserEvent> events = new ArrayList<>();
    for (int i = 0; i < 48; i++) {
      String user = "user-" + i % 6;
      PreferenceExample event = OnlineLearners.example(UserBuckets.feedback(user, i), null, 0);
      events.add(
          new UserEvent(user, event, List.of(OptionalDouble.empty(), OptionalDouble.empty())));
    }
    return learner.next(learner.start(), events, () -> true).policy().orElseThrow();
  }
}
