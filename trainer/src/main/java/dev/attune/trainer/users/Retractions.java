package dev.attune.trainer.users;

import dev.attune.model.policy.UserState;
import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.Retraction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes events out of one part of a state. While every event that the part has learned from is
 * referred to and can be read again, it is learned anew from the others: bit for bit what it would
 * be without them. Otherwise what they taught is taken out to first order.
 */
final class Retractions {
  private final EventLearner learner;
  private final PastEvents past;

  Retractions(EventLearner learner, PastEvents past) {
    this.learner = learner;
    this.past = past;
  }

  /**
   * A part after retractions.
   *
   * @param references those that remain
   * @param removed the retractions that had an effect
   */
  record Result(UserState state, List<EventReference> references, List<Retraction> removed) {}

  Result apply(
      UserState state, List<EventReference> references, List<Retraction> retractions, Tally tally) {
    Map<Long, Retraction> wanted = new HashMap<>();
    retractions.forEach(retraction -> wanted.put(retraction.getOffset(), retraction));
    List<EventReference> remaining = new ArrayList<>();
    List<EventReference> taken = new ArrayList<>();
    for (EventReference reference : references) {
      (wanted.containsKey(reference.getOffset()) ? taken : remaining).add(reference);
    }
    tally.notFound += retractions.size() - taken.size();
    if (taken.isEmpty()) {
      return new Result(state, references, List.of());
    }
    if (learner.events(state) == references.size()) {
      Map<Long, PastEvent> events = past.find(remaining);
      if (events.size() == remaining.size()) {
        tally.refitted++;
        UserState learned = learner.restart(state);
        for (EventReference reference : remaining) {
          learned = learner.learn(learned, events.get(reference.getOffset()));
        }
        return new Result(learned, remaining, removed(taken, wanted));
      }
    }
    return forget(state, remaining, taken, wanted, tally);
  }

  /** The newest first, as they lie on top of each other. */
  private Result forget(
      UserState state,
      List<EventReference> remaining,
      List<EventReference> taken,
      Map<Long, Retraction> wanted,
      Tally tally) {
    Map<Long, PastEvent> events = past.find(taken);
    List<EventReference> found =
        taken.stream().filter(reference -> events.containsKey(reference.getOffset())).toList();
    UserState without = state;
    for (int i = found.size() - 1; i >= 0; i--) {
      without = learner.forget(without, events.get(found.get(i).getOffset()));
    }
    tally.forgotten += found.size();
    tally.notFound += taken.size() - found.size();
    return new Result(without, remaining, removed(found, wanted));
  }

  private static List<Retraction> removed(
      List<EventReference> taken, Map<Long, Retraction> wanted) {
    return taken.stream().map(reference -> wanted.get(reference.getOffset())).toList();
  }
}
