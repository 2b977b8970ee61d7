package dev.attune.model.policy;

import dev.attune.model.generate.Generation;
import dev.attune.model.generate.Sampling;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.RowSubspace;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.Candidates;
import dev.attune.model.personal.PersonalExample;
import dev.attune.model.personal.PersonalGenerator;
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
 * A policy in native memory, over a base: implicit rewards of users' rows, replies written under
 * them, and what an event teaches a row. Rows are beliefs in the policy's subspace; what is
 * computed with is the row at their mean.
 *
 * <p>{@link #rewards} and {@link #generate} are safe for several threads, {@link #learn} is for one
 * at a time. Close it after all who use it; it does not close the base.
 */
public final class ResidentPolicy implements AutoCloseable {
  private static final String USER = "u";

  private final Policy policy;
  private final @Nullable ReferenceModel reference;
  private final @Nullable PersonalModel model;

  /** Made at first use, as most policies only score; guarded by this. */
  private @Nullable PersonalGenerator generator;

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
   * A reply to be written for a user.
   *
   * @param state of the policy's epoch, with a row
   * @param userText what the user says of themself; null is nothing
   * @param seed what is drawn is a function of it and of the rest of this draft
   */
  public record Draft(
      UserState state,
      @Nullable String userText,
      List<Turn> prompt,
      Sampling sampling,
      long seed) {}

  /**
   * Writes replies y ~ π(·|x, u). A text does not depend on what is beside it.
   *
   * @return a text for each draft, in order
   * @throws IllegalStateException if the policy has no rows
   */
  public List<Generation> generate(List<Draft> drafts) {
    return generator()
        .generate(
            drafts.stream()
                .map(
                    draft ->
                        new PersonalGenerator.Item(
                            row(draft.state()),
                            draft.userText(),
                            draft.prompt(),
                            draft.sampling(),
                            draft.seed()))
                .toList());
  }

  private synchronized PersonalGenerator generator() {
    if (generator == null) {
      generator = new PersonalGenerator(requireModel());
    }
    return generator;
  }

  /**
   * An event that a row shall learn.
   *
   * @param state of the policy's epoch, with a row
   */
  public record RowEvent(UserState state, PreferenceExample event) {}

  /**
   * What events say about rows, each at the row of its own state, in one pass over all of them.
   * Beside others an event's slopes may differ in their last bits from those that it has alone.
   * Judgements teach heads alone, so they have no slopes.
   *
   * @return for each event, in order, the slopes of its comparisons
   * @throws IllegalStateException if the policy has no rows
   */
  public List<RowSlopes> slopes(List<RowEvent> events) {
    PersonalModel loaded = requireModel();
    UserRowTable rows = new UserRowTable();
    List<Candidates> candidates = new ArrayList<>();
    List<RowEvent> compared = new ArrayList<>();
    for (RowEvent one : events) {
      if (!one.event().pairs().isEmpty()) {
        rows.put(USER + compared.size(), row(one.state()));
        candidates.add(new Candidates(one.event().prompt(), one.event().replies()));
        compared.add(one);
      }
    }
    List<RowGradient> gradients = List.of();
    if (!compared.isEmpty()) {
      List<ReferencedReplies> referenced = reference.encode(candidates);
      List<PersonalExample> examples = new ArrayList<>();
      for (int i = 0; i < compared.size(); i++) {
        PreferenceExample event = compared.get(i).event();
        examples.add(
            new PersonalExample(
                USER + i, event.userText(), referenced.get(i), event.pairs(), List.of()));
      }
      try (RowLearner learner = new RowLearner(loaded, rows)) {
        gradients = learner.gradients(examples);
      }
    }
    List<RowSlopes> slopes = new ArrayList<>();
    int from = 0;
    for (RowEvent one : events) {
      int to = from + one.event().pairs().size();
      slopes.add(new RowSlopes(one.state().row(), gradients.subList(from, to)));
      from = to;
    }
    return slopes;
  }

  /**
   * Learns an event's comparisons into the state's row, each a Gaussian update in the subspace,
   * with slopes at the row before the event. The event has passes of its own, so what is learned
   * does not depend on what else is learned.
   *
   * @param state of the policy's epoch, with a row
   * @return the state with the row learned and one more event of the row
   */
  public UserState learn(UserState state, PreferenceExample event) {
    return learn(state, event, slopes(List.of(new RowEvent(state, event))).get(0));
  }

  /**
   * Like {@link #learn(UserState, PreferenceExample)}, with slopes that were taken before, maybe at
   * an earlier row: then what the user's events have taught since is accounted for to first order.
   *
   * @param slopes of this event
   */
  public UserState learn(UserState state, PreferenceExample event, RowSlopes slopes) {
    return state.withRow(moved(state, event, slopes, RowSubspace::observe), state.rowEvents() + 1);
  }

  /**
   * Takes out of the state's row what an event taught it, to first order: with the slope at the
   * present row.
   *
   * @param state of the policy's epoch, with a row
   * @return the state with one event of the row less
   */
  public UserState forget(UserState state, PreferenceExample event) {
    RowSlopes slopes = slopes(List.of(new RowEvent(state, event))).get(0);
    return state.withRow(
        moved(state, event, slopes, RowSubspace::forget), Math.max(0, state.rowEvents() - 1));
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

  private GaussianWeights moved(
      UserState state, PreferenceExample event, RowSlopes slopes, Change change) {
    GaussianWeights belief = state.row();
    for (int i = 0; i < slopes.slopes().size(); i++) {
      RowGradient slope = slopes.slopes().get(i);
      Pair pair = event.pairs().get(i);
      belief =
          change.apply(
              policy.rows(),
              belief,
              slope.gradient(),
              slope.difference() + policy.rows().moved(slopes.at(), belief, slope.gradient()),
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
  public synchronized void close() {
    if (generator != null) {
      generator.close();
      generator = null;
    }
    if (model != null) {
      model.close();
    }
  }
}
