package dev.attune.cli.chaos;

import dev.attune.cli.chaos.Verdicts.Verdict;
import dev.attune.cli.traffic.Place;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.Route;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the committed buckets of one route hold, to be compared with what was sent. */
final class RouteAudit {
  private record Found(
      Place place, String userId, String domain, String eventId, int revision, int lessons) {}

  private final Route route;
  private final List<Found> feedback = new ArrayList<>();
  private final List<Found> retractions = new ArrayList<>();
  private final Map<Place, Integer> covered = new HashMap<>();
  private final Map<String, Long> nextSequence = new HashMap<>();
  private long buckets;
  private long sequenceBreaks;
  private long misplaced;

  RouteAudit(Route route) {
    this.route = route;
  }

  /** Enters a bucket; those of one user and domain in the order of their partition. */
  void enter(String key, PreferenceBucket bucket) {
    String user = bucket.getUserId();
    String domain = bucket.getDomain();
    buckets++;
    if (bucket.getRoute() != route || !key.equals(route == Route.BY_USER ? user : domain)) {
      misplaced++;
    }
    long expected = nextSequence.getOrDefault(user + '\0' + domain, 0L);
    if (bucket.getSequence() != expected) {
      sequenceBreaks++;
    }
    nextSequence.put(user + '\0' + domain, bucket.getSequence() + 1);
    int partition = bucket.getSourcePartition();
    for (long offset : bucket.getSourceOffsets()) {
      covered.merge(new Place(partition, offset), 1, Integer::sum);
    }
    for (Feedback each : bucket.getFeedback()) {
      feedback.add(
          new Found(
              new Place(partition, each.getOffset()),
              user,
              domain,
              each.getEventId(),
              each.getRevision(),
              each.getComparisons().size() + each.getJudgements().size()));
    }
    for (Retraction each : bucket.getRetractions()) {
      retractions.add(
          new Found(
              new Place(partition, each.getOffset()),
              user,
              domain,
              each.getEventId(),
              each.getRevision(),
              each.getComparisons() + each.getJudgements()));
    }
  }

  /** How many offsets the buckets name. */
  int offsets() {
    return covered.size();
  }

  RouteCounts count(Map<Place, ChaosEvent> log, Verdicts verdicts) {
    Map<Place, Integer> given = times(feedback);
    Map<Place, Integer> taken = times(retractions);
    Set<Place> places = new HashSet<>(log.keySet());
    places.addAll(given.keySet());
    places.addAll(taken.keySet());
    places.addAll(covered.keySet());
    long lost = 0;
    long twice = 0;
    long stale = 0;
    long uncovered = 0;
    long coveredTwice = 0;
    for (Place place : places) {
      Verdict verdict = verdicts.all().get(place);
      boolean learned = verdict != null && verdict.learned();
      int in = given.getOrDefault(place, 0);
      int net = in - taken.getOrDefault(place, 0);
      int expected = verdicts.counts(place) ? 1 : 0;
      if (net < expected) {
        lost++;
      } else if (in > (learned ? 1 : 0)) {
        twice++;
      } else if (net > expected) {
        stale++;
      }
      int times = covered.getOrDefault(place, 0);
      if (times == 0 && (learned || (route == Route.BY_USER && verdict != null))) {
        uncovered++;
      } else if (times > 1) {
        coveredTwice++;
      }
    }
    return new RouteCounts(
        buckets,
        feedback.size(),
        retractions.size(),
        lost,
        twice,
        stale,
        misplaced + wrong(feedback, log) + wrong(retractions, log),
        sequenceBreaks,
        uncovered,
        coveredTwice);
  }

  private static Map<Place, Integer> times(List<Found> found) {
    Map<Place, Integer> times = new HashMap<>();
    found.forEach(each -> times.merge(each.place(), 1, Integer::sum));
    return times;
  }

  private static long wrong(List<Found> found, Map<Place, ChaosEvent> log) {
    return found.stream().filter(each -> !saysWhatWasSent(each, log.get(each.place()))).count();
  }

  private static boolean saysWhatWasSent(Found found, @Nullable ChaosEvent sent) {
    return sent != null
        && found.userId().equals(sent.userId())
        && found.domain().equals(sent.domain())
        && found.eventId().equals(sent.eventId())
        && found.revision() == sent.revision()
        && found.lessons() == sent.lessons();
  }
}
