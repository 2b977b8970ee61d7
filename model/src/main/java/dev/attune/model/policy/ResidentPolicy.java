package dev.attune.model.policy;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.RowSubspace;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.Candidates;
import dev.attune.model.personal.PersonalExample;
import dev.attune.model.personal.PersonalItem;
import dev.attune.model.personal.PersonalModel;
import dev.attune.model.personal.ReferenceModel;
import dev.attune.model.personal.ReferencedReplies;
import dev.attune.model.personal.RowGradient;
import dev.attune.model.personal.RowLearner;
import dev.attune.model.personal.UserRow;
import dev.attune.model.personal.UserRowTable;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A policy in native memory, over a base: implicit rewards of users' rows, and what an event
 * teaches a row. Rows are beliefs in the policy's subspace; what is computed with is the row at
 * their mean.
 *
 * <p>{@link #rewards} is safe for several threads, {@link #learn} is for one at a time. Close it
 * after all who use it; it does not close the base.
 */
public final class ResidentPolicy implements AutoCloseable {
  private static final String USER = "u";

  private final Policy policy;
  private final @Nullable ReferenceModel reference;
  private final @Nullable PersonalModel model;

  /**
   * A user's replies to be scored.
   *
   * @param state of the policy's epoch
   * @param userText what the user says of themself; null is nothing
   */
  public record Item(
      UserState state, @Nullable String userText, List<Turn> prompt, List<String> replies) {}

  /**
   * Copies a policy to native memory.
   *
   * @throws IllegalArgumentException if it belongs to another base or precision
   */
  public ResidentPolicy(BaseModel base, Policy policy) {
    if (!policy.base().equals(base.sha256())) {
      throw new IllegalArgumentException(
          "the policy belongs to base %s; this base is %s".formatted(policy.base(), base.sha256()));
    }
    this.policy = policy;
    // The model last: it alone has memory that would be left where another fails.
    this.reference =
        policy.weights() == null ? null : new ReferenceModel(base, policy.weights().config());
    this.model = policy.weights() == null ? null : new PersonalModel(base, policy.weights());
  }

  /** The policy itself. */
  public Policy policy() {
    return policy;
  }

  /** Whether it has rows at all: an epoch before the first training has none. */
  public boolean hasRows() {
    return model != null;
  }

  /**
   * The implicit rewards β·(log π(y|x,u) − log π_ref(y|x)) (Rafailov et al. 2023, arXiv 2305.18290;
   * Li et al. 2024, arXiv 2402.05133).
   *
   * @return for each item, in order, a reward for each of its replies, in order
   * @throws IllegalStateException if the policy has no rows
   */
  public List<double[]> rewards(List<Item> items) {
    PersonalModel loaded = requireModel();
    UserRowTable rows = new UserRowTable();
    List<Candidates> candidates = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      rows.put(USER + i, row(item.state()));
      candidates.add(new Candidates(item.prompt(), item.replies()));
    }
    List<ReferencedReplies> referenced = reference.encode(candidates);
    List<PersonalItem> scored = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      scored.add(new PersonalItem(USER + i, items.get(i).userText(), referenced.get(i)));
    }
    return loaded.score(rows, scored);
  }

  /**
   * Learns an event's comparisons into the state's row: each a Gaussian update in the subspace,
   * with the slope at the row before the event. Judgements teach heads alone. The event has passes
   * of its own, so what is learned does not depend on what else is learned.
   *
   * @param state of the policy's epoch, with a row
   * @return the state with the row learned and one more event of the row
   */
  public UserState learn(UserState state, PreferenceExample event) {
    return state.withRow(moved(state, event, RowSubspace::observe), state.rowEvents() + 1);
  }

  /**
   * Takes out of the state's row what an event taught it, to first order: with the slope at the
   * present row.
   *
   * @param state of the policy's epoch, with a row
   * @return the state with one event of the row less
   */
  public UserState forget(UserState state, PreferenceExample event) {
    return state.withRow(
        moved(state, event, RowSubspace::forget), Math.max(0, state.rowEvents() - 1));
  }

  /** How a belief changes by one comparison. */
  private interface Change {
    GaussianWeights apply(
        RowSubspace rows,
        GaussianWeights belief,
        float[] gradient,
        double score,
        double target,
        double weight);
  }

  private GaussianWeights moved(UserState state, PreferenceExample event, Change change) {
    PersonalModel loaded = requireModel();
    RowSubspace subspace = policy.rows();
    GaussianWeights before = state.row();
    GaussianWeights belief = before;
    if (event.pairs().isEmpty()) {
      return belief;
    }
    UserRowTable rows = new UserRowTable();
    rows.put(USER, row(state));
    ReferencedReplies replies = reference.encode(new Candidates(event.prompt(), event.replies()));
    List<RowGradient> slopes;
    try (RowLearner learner = new RowLearner(loaded, rows)) {
      slopes =
          learner.gradients(
              List.of(
                  new PersonalExample(USER, event.userText(), replies, event.pairs(), List.of())));
    }
    for (int i = 0; i < slopes.size(); i++) {
      RowGradient slope = slopes.get(i);
      Pair pair = event.pairs().get(i);
      belief =
          change.apply(
              subspace,
              belief,
              slope.gradient(),
              slope.difference() + subspace.moved(before, belief, slope.gradient()),
              pair.tie() ? 0.5 : 1,
              pair.weight());
    }
    return belief;
  }

  private UserRow row(UserState state) {
    if (state.epoch() != policy.epoch() || state.row() == null) {
      throw new IllegalArgumentException(
          "a state of epoch %d %s a row under a policy of epoch %d"
              .formatted(state.epoch(), state.row() == null ? "without" : "with", policy.epoch()));
    }
    return UserRow.of(policy.rows().row(state.row()));
  }

  private PersonalModel requireModel() {
    if (model == null) {
      throw new IllegalStateException("epoch " + policy.epoch() + " has no rows");
    }
    return model;
  }

  @Override
  public void close() {
    if (model != null) {
      model.close();
    }
  }
}
