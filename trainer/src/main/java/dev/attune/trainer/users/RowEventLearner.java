package dev.attune.trainer.users;

import dev.attune.model.head.RowSubspace;
import dev.attune.model.policy.UserState;
import dev.attune.trainer.core.OnlineLearners;
import java.util.Objects;

/** Learns P-DPO rows from comparisons, by passes of the policy; judgements teach heads alone. */
final class RowEventLearner implements EventLearner {
  private final PolicyPasses passes;
  private final RowSubspace rows;

  /**
   * @param passes of a policy with rows
   */
  RowEventLearner(PolicyPasses passes) {
    this.passes = passes;
    this.rows = Objects.requireNonNull(passes.policy().rows(), "rows");
  }

  @Override
  public UserState learn(UserState state, PastEvent event) {
    return passes.learnRow(state, OnlineLearners.example(event.feedback(), event.userText(), 0));
  }

  @Override
  public UserState forget(UserState state, PastEvent event) {
    return passes.forgetRow(state, OnlineLearners.example(event.feedback(), event.userText(), 0));
  }

  @Override
  public UserState restart(UserState state) {
    return state.withRow(rows.prior(), 0);
  }

  @Override
  public long events(UserState state) {
    return state.rowEvents();
  }
}
