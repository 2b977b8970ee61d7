package dev.attune.trainer.users;

import dev.attune.model.head.RowSubspace;
import dev.attune.model.policy.ResidentPolicy.RowEvent;
import dev.attune.model.policy.RowSlopes;
import dev.attune.model.policy.UserState;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.schemas.events.Feedback;
import dev.attune.trainer.core.OnlineLearners;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Learns P-DPO rows from comparisons, by passes of the policy; judgements teach heads alone. Slopes
 * that were read ahead are kept until the next are.
 */
final class RowEventLearner implements EventLearner {
  private final PolicyPasses passes;
  private final RowSubspace rows;
  private final Map<Feedback, RowSlopes> ahead = new IdentityHashMap<>();

  /**
   * @param passes of a policy with rows
   */
  RowEventLearner(PolicyPasses passes) {
    this.passes = passes;
    this.rows = Objects.requireNonNull(passes.policy().rows(), "rows");
  }

  /**
   * An event that will be learned.
   *
   * @param state of its user by now, of the policy's epoch
   */
  record Coming(UserState state, PastEvent event) {}

  /**
   * Reads the slopes of these events in one pass, in place of those that were read before. Of a
   * user's later events they are then to first order what they would be after the earlier ones.
   */
  void prefetch(List<Coming> coming) {
    ahead.clear();
    List<RowEvent> events = new ArrayList<>();
    coming.forEach(one -> events.add(new RowEvent(one.state(), example(one.event()))));
    List<RowSlopes> slopes = events.isEmpty() ? List.of() : passes.slopes(events);
    for (int i = 0; i < slopes.size(); i++) {
      ahead.put(coming.get(i).event().feedback(), slopes.get(i));
    }
  }

  @Override
  public UserState learn(UserState state, PastEvent event) {
    PreferenceExample example = example(event);
    RowSlopes slopes = ahead.get(event.feedback());
    if (slopes == null) {
      slopes = passes.slopes(List.of(new RowEvent(state, example))).get(0);
    }
    return passes.learnRow(state, example, slopes);
  }

  @Override
  public UserState forget(UserState state, PastEvent event) {
    return passes.forgetRow(state, example(event));
  }

  @Override
  public UserState restart(UserState state) {
    return state.withRow(rows.prior(), 0);
  }

  @Override
  public long events(UserState state) {
    return state.rowEvents();
  }

  private static PreferenceExample example(PastEvent event) {
    return OnlineLearners.example(event.feedback(), event.userText(), 0);
  }
}
