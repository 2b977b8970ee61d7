package dev.attune.cli.shadow;

import dev.attune.cli.evaluate.ClusteredMean;
import dev.attune.cli.traffic.Place;
import dev.attune.schemas.Domains;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Ranking;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreResult;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Compares answers with the choices that were made after them, by request id. What was rejected
 * comes first, then all events, then erasures, then the answers. Holds no texts. One thread.
 */
final class ShadowComparison {
  /** A candidate that was shown, and how many characters it has. */
  private record Shown(String id, int length) {}

  /** Of an event that says which of the candidates shown is the best; the id is null elsewhere. */
  private record Preferred(
      String user, long appendedAt, int revision, @Nullable String id, List<Shown> shown) {}

  /**
   * How often a choice was foreseen; users are the clusters.
   *
   * @param picked by the best reward
   * @param overFirst the same less that of the candidate shown first
   * @param first by the place: the candidate shown first
   * @param longest by the length
   * @param chance by drawing one
   */
  record Shares(
      ClusteredMean picked,
      ClusteredMean overFirst,
      ClusteredMean first,
      ClusteredMean longest,
      ClusteredMean chance) {
    Shares() {
      this(
          new ClusteredMean(),
          new ClusteredMean(),
          new ClusteredMean(),
          new ClusteredMean(),
          new ClusteredMean());
    }
  }

  private final Set<Place> rejected = new HashSet<>();
  private final Map<String, Preferred> preferred = new HashMap<>();
  private final Shares all = new Shares();
  private final SortedMap<String, Shares> byDomain = new TreeMap<>();
  private long answers;

  /** Takes the place in attune.preferences of an event that does not count. */
  void rejected(Place place) {
    rejected.add(place);
  }

  /**
   * Takes an event as its user sent it; of several of a request the last revision counts, so that
   * one that was withdrawn does not.
   *
   * @param place in attune.preferences
   * @param appendedAt when it came there, in milliseconds since 1970
   */
  void event(Place place, long appendedAt, PreferenceEvent event) {
    if (event.getRequestId() == null || rejected.contains(place)) {
      return;
    }
    Preferred one =
        new Preferred(
            event.getUserId(),
            appendedAt,
            event.getRevision(),
            best(event),
            event.getCandidates().stream()
                .map(shown -> new Shown(shown.getId(), length(shown.getText())))
                .toList());
    preferred.merge(
        event.getRequestId(), one, (old, now) -> now.revision > old.revision ? now : old);
  }

  /**
   * Forgets what a user said before they were erased.
   *
   * @param at when, in milliseconds since 1970
   */
  void erased(String user, long at) {
    preferred.values().removeIf(one -> one.user.equals(user) && one.appendedAt <= at);
  }

  private static @Nullable String best(PreferenceEvent event) {
    if (event.getSignal() instanceof Choice choice) {
      return choice.getChosenId();
    }
    if (event.getSignal() instanceof Ranking ranking
        && !ranking.getTiers().isEmpty()
        && ranking.getTiers().get(0).size() == 1) {
      return ranking.getTiers().get(0).get(0);
    }
    return null;
  }

  /** Takes an answer. It counts where its user then preferred one of its candidates. */
  void answer(ScoreResult answer) {
    answers++;
    Preferred then = preferred.get(answer.getRequestId());
    if (then == null
        || then.id == null
        || answer.getError() != ScoreErrorCode.NONE
        || !then.user.equals(answer.getUserId())
        || then.shown.size() < 2
        || !same(then.shown, answer.getCandidates())) {
      return;
    }
    preferred.remove(answer.getRequestId());
    Map<String, Integer> ranks = new HashMap<>();
    answer.getCandidates().forEach(score -> ranks.put(score.getId(), score.getRank()));
    double picked = share(then, candidate -> -ranks.get(candidate.id));
    double first = then.shown.get(0).id.equals(then.id) ? 1 : 0;
    double longest = share(then, candidate -> candidate.length);
    String domain = Domains.orGeneral(answer.getDomain());
    for (Shares shares : List.of(all, byDomain.computeIfAbsent(domain, name -> new Shares()))) {
      shares.picked.add(then.user, picked);
      shares.overFirst.add(then.user, picked - first);
      shares.first.add(then.user, first);
      shares.longest.add(then.user, longest);
      shares.chance.add(then.user, 1.0 / then.shown.size());
    }
  }

  private static boolean same(List<Shown> shown, List<CandidateScore> scored) {
    return shown.size() == scored.size()
        && shown.stream()
            .allMatch(
                candidate -> scored.stream().anyMatch(score -> score.getId().equals(candidate.id)));
  }

  /** 1 where the preferred one alone has the highest score; shared with those that have it too. */
  private static double share(Preferred then, ToDoubleFunction<Shown> score) {
    double highest = then.shown.stream().mapToDouble(score).max().orElseThrow();
    List<Shown> best =
        then.shown.stream().filter(candidate -> score.applyAsDouble(candidate) == highest).toList();
    return best.stream().anyMatch(candidate -> candidate.id.equals(then.id))
        ? 1.0 / best.size()
        : 0;
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Answers taken, compared or not. */
  long answers() {
    return answers;
  }

  /** Of all that were compared. */
  Shares all() {
    return all;
  }

  /** The same by domain. */
  SortedMap<String, Shares> byDomain() {
    return byDomain;
  }
}
