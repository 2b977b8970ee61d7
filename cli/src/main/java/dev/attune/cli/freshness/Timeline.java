package dev.attune.cli.freshness;

import dev.attune.cli.traffic.Place;
import dev.attune.schemas.events.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * When which event was appended, and when it was seen to be included where. Times are milliseconds
 * of this machine's clock, which the broker has as well. What is seen may be entered in any order;
 * it is put together when it is asked for. Thread-safe.
 */
final class Timeline {
  private static final int DIGITS = 3;
  private static final long LONGEST_MILLIS = 3_600_000;

  private record Event(String user, Place place, long appendedAt) {}

  private record Included(Place place, long at) {}

  /**
   * @param missed events of which it was not seen
   */
  record Times(Histogram millis, int missed) {}

  private final List<Event> events = new ArrayList<>();
  private final Map<Place, Long> appended = new HashMap<>();
  private final Set<Place> asked = new HashSet<>();
  private final Map<Place, Long> inScore = new HashMap<>();
  private final Map<String, List<Included>> inRow = new HashMap<>();
  private final Map<String, List<Place>> learnable = new HashMap<>();
  private final Map<String, Map<Long, Long>> decisions = new HashMap<>();
  private final Map<String, Long> learned = new HashMap<>();

  /** An event of a user has been appended. */
  synchronized void appended(String user, Place place, long at) {
    events.add(new Event(user, place, at));
    appended.put(place, at);
  }

  /** A score that includes the event has been asked for. */
  synchronized void asked(Place place) {
    asked.add(place);
  }

  /** The answer; of no use where it does not include the event. */
  synchronized void scored(Place place, @Nullable Position included, long at) {
    if (included != null
        && included.getPartition() == place.partition()
        && included.getOffset() >= place.offset()) {
      inScore.put(place, at);
    }
  }

  /** A user's row has been published that includes feedback up to a position. */
  synchronized void learned(String user, Position included, long at) {
    inRow
        .computeIfAbsent(user, each -> new ArrayList<>())
        .add(new Included(new Place(included.getPartition(), included.getOffset()), at));
  }

  /** A model has these events to learn from next, in this order. */
  synchronized void bucketed(String model, List<Place> places) {
    learnable.computeIfAbsent(model, each -> new ArrayList<>()).addAll(places);
  }

  /** The gate has decided on a model after so many events of it. */
  synchronized void decided(String model, long afterEvents, long at) {
    decisions.computeIfAbsent(model, each -> new HashMap<>()).putIfAbsent(afterEvents, at);
  }

  /** A checkpoint of a model that has learned from so many events has been published. */
  synchronized void trained(String model, long numberOfEvents) {
    learned.merge(model, numberOfEvents, Math::max);
  }

  /** From an event to the first score that includes it, of events appended since then. */
  synchronized Times heads(long since) {
    Histogram millis = new Histogram(LONGEST_MILLIS, DIGITS);
    int missed = 0;
    for (Place place : asked) {
      Long from = appended.get(place);
      if (from != null && from >= since) {
        missed += record(millis, from, inScore.get(place));
      }
    }
    return new Times(millis, missed);
  }

  /** From an event to the first row that includes it. */
  synchronized Times rows(long since) {
    Histogram millis = new Histogram(LONGEST_MILLIS, DIGITS);
    int missed = 0;
    for (Event event : events) {
      if (event.appendedAt() >= since) {
        Long at =
            inRow.getOrDefault(event.user(), List.of()).stream()
                .filter(each -> covers(each.place(), event.place()))
                .map(Included::at)
                .min(Long::compare)
                .orElse(null);
        missed += record(millis, event.appendedAt(), at);
      }
    }
    return new Times(millis, missed);
  }

  /** From the last event that a decision needed to the decision. */
  synchronized Times decisions(long since) {
    Histogram millis = new Histogram(LONGEST_MILLIS, DIGITS);
    decisions.forEach(
        (model, times) ->
            times.forEach(
                (count, at) -> {
                  List<Place> order = learnable.getOrDefault(model, List.of());
                  if (count >= 1 && count <= order.size()) {
                    Long from = appended.get(order.get((int) (count - 1)));
                    if (from != null && from >= since) {
                      record(millis, from, at);
                    }
                  }
                }));
    return new Times(millis, 0);
  }

  /** Events that lie in the domains' buckets and that no published checkpoint has learned. */
  synchronized long backlog() {
    return learnable.entrySet().stream()
        .mapToLong(each -> each.getValue().size() - learned.getOrDefault(each.getKey(), 0L))
        .sum();
  }

  /** How many events have been appended since then. */
  synchronized long events(long since) {
    return events.stream().filter(each -> each.appendedAt() >= since).count();
  }

  private static boolean covers(Place included, Place place) {
    return included.partition() == place.partition() && included.offset() >= place.offset();
  }

  /** Gives 1 where there is nothing to record. */
  private static int record(Histogram millis, long from, @Nullable Long at) {
    if (at == null) {
      return 1;
    }
    millis.recordValue(Math.min(LONGEST_MILLIS, Math.max(0, at - from)));
    return 0;
  }
}
