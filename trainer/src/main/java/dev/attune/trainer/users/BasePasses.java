package dev.attune.trainer.users;

import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.ResidentPolicy;
import dev.attune.model.policy.RowSlopes;
import dev.attune.model.policy.UserState;
import dev.attune.model.reward.PreferenceExample;
import java.util.List;

/** Passes of a real base, which stays the caller's to close. */
public final class BasePasses implements PolicyPasses {
  private final ResidentPolicy resident;
  private final ReplyFeatures features;

  private BasePasses(BaseModel base, Policy policy) {
    this.resident = new ResidentPolicy(base, policy);
    this.features = new ReplyFeatures(base, policy.promptTokens(), policy.replyTokens());
  }

  /** Loads policies onto a base. */
  public static Loader loader(BaseModel base) {
    return new Loader() {
      @Override
      public String base() {
        return base.sha256();
      }

      @Override
      public PolicyPasses load(Policy policy) {
        return new BasePasses(base, policy);
      }
    };
  }

  @Override
  public Policy policy() {
    return resident.policy();
  }

  @Override
  public List<float[][]> features(List<ReplyFeatures.Candidates> candidates) {
    return features.of(candidates);
  }

  @Override
  public List<RowSlopes> slopes(List<ResidentPolicy.RowEvent> events) {
    return resident.slopes(events);
  }

  @Override
  public UserState learnRow(UserState state, PreferenceExample event, RowSlopes slopes) {
    return resident.learn(state, event, slopes);
  }

  @Override
  public UserState forgetRow(UserState state, PreferenceExample event) {
    return resident.forget(state, event);
  }

  @Override
  public void close() {
    features.close();
    resident.close();
  }
}
