package dev.attune.model.policy;

import dev.attune.model.head.RowSubspace;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.Candidates;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.personal.PersonalExample;
import dev.attune.model.personal.PersonalLearner;
import dev.attune.model.personal.PersonalWeights;
import dev.attune.model.personal.ReferenceModel;
import dev.attune.model.personal.ReferencedReplies;
import dev.attune.model.personal.UserRow;
import dev.attune.model.personal.UserRowTable;
import dev.attune.model.policy.ResidentPolicy.RowEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains the personal policy of an epoch jointly with working copies of the rows of the users that
 * it meets (P-DPO, Li et al. 2024, arXiv 2402.05133): going on from the epoch before, where each
 * copy begins at what the user's events say in its subspace. The trained copies span the subspace
 * of the epoch and are then forgotten.
 */
final class RowTraining {
  private static final int BATCH = 8;

  /** Events that share their passes before training. */
  private static final int READ_TOGETHER = 32;

  /** Passes over the sample that are enough where it is small. */
  private static final int PASSES = 4;

  private static final int FEWEST_USERS = 2;

  private final BaseModel base;
  private final PersonalConfig config;
  private final int most;
  private final int rank;

  /** Both null where nothing has been trained yet. */
  record Trained(@Nullable PersonalWeights weights, @Nullable RowSubspace subspace) {}

  RowTraining(BaseModel base, PolicyConfig config) {
    this.base = base;
    this.config = config.rows();
    this.most = config.steps();
    this.rank = config.rank();
  }

  /** What the epoch before had, where there are too few users to tell apart. */
  Trained train(Policy previous, List<UserEvent> events, BooleanSupplier goOn) {
    List<UserEvent> compared =
        events.stream().filter(one -> !one.event().pairs().isEmpty()).toList();
    if (compared.stream().map(UserEvent::user).distinct().count() < FEWEST_USERS) {
      return new Trained(previous.weights(), previous.rows());
    }
    int steps = Math.min(most, (PASSES * compared.size() + BATCH - 1) / BATCH);
    PersonalConfig run =
        config.with(config.optimizer().planned(steps)).withSeed(config.seed() + previous.epoch());
    UserRowTable rows =
        previous.weights() == null ? new UserRowTable() : rows(previous, compared, goOn);
    List<PersonalExample> examples = examples(compared, goOn);
    try (PersonalLearner learner =
        previous.weights() == null
            ? PersonalLearner.start(base, run, rows)
            : PersonalLearner.start(base, run, rows, previous.weights())) {
      for (int step = 0; step < steps; step++) {
        PolicyLearner.requireGoOn(goOn);
        learner.train(examples, 1, BATCH);
      }
      PersonalWeights weights = learner.weights();
      List<float[]> trained = rows.users().stream().map(user -> rows.find(user).values()).toList();
      return new Trained(weights, RowSubspace.of(weights.newRow().values(), trained, rank));
    }
  }

  /** Where users are under the policy before, by what it learns from their events. */
  private UserRowTable rows(Policy previous, List<UserEvent> events, BooleanSupplier goOn) {
    Map<String, UserState> states = new HashMap<>();
    try (ResidentPolicy resident = new ResidentPolicy(base, previous)) {
      for (List<UserEvent> round : rounds(events)) {
        PolicyLearner.requireGoOn(goOn);
        List<RowEvent> together = new ArrayList<>();
        for (UserEvent one : round) {
          UserState state = states.getOrDefault(one.user(), previous.generic());
          together.add(new RowEvent(state, one.event()));
        }
        List<RowSlopes> slopes = resident.slopes(together);
        for (int i = 0; i < round.size(); i++) {
          RowEvent one = together.get(i);
          states.put(round.get(i).user(), resident.learn(one.state(), one.event(), slopes.get(i)));
        }
      }
    }
    UserRowTable rows = new UserRowTable();
    states.forEach((user, state) -> rows.put(user, UserRow.of(previous.rows().row(state.row()))));
    return rows;
  }

  /** Events whose users differ, so that they can share passes: each user's in their order. */
  private static List<List<UserEvent>> rounds(List<UserEvent> events) {
    Map<String, Integer> earlier = new HashMap<>();
    SortedMap<Integer, List<UserEvent>> byNumber = new TreeMap<>();
    for (UserEvent event : events) {
      int number = earlier.merge(event.user(), 1, Integer::sum);
      byNumber.computeIfAbsent(number, any -> new ArrayList<>()).add(event);
    }
    List<List<UserEvent>> rounds = new ArrayList<>();
    byNumber.values().forEach(round -> rounds.addAll(parts(round)));
    return rounds;
  }

  private List<PersonalExample> examples(List<UserEvent> events, BooleanSupplier goOn) {
    ReferenceModel reference = new ReferenceModel(base, config);
    List<PersonalExample> examples = new ArrayList<>();
    for (List<UserEvent> part : parts(events)) {
      PolicyLearner.requireGoOn(goOn);
      List<ReferencedReplies> replies =
          reference.encode(
              part.stream()
                  .map(one -> new Candidates(one.event().prompt(), one.event().replies()))
                  .toList());
      for (int i = 0; i < part.size(); i++) {
        UserEvent one = part.get(i);
        examples.add(
            new PersonalExample(
                one.user(),
                one.event().userText(),
                replies.get(i),
                one.event().pairs(),
                List.of()));
      }
    }
    return examples;
  }

  private static List<List<UserEvent>> parts(List<UserEvent> events) {
    List<List<UserEvent>> parts = new ArrayList<>();
    for (int from = 0; from < events.size(); from += READ_TOGETHER) {
      parts.add(events.subList(from, Math.min(events.size(), from + READ_TOGETHER)));
    }
    return parts;
  }
}
