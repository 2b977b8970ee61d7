package dev.attune.cli.chaos;

import dev.attune.cli.chaos.Verdicts.Verdict;
import dev.attune.cli.traffic.Place;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An account of all events that knows nothing of ingest but what it committed: what was sent, what
 * the brokers acknowledged, what stands in attune.preferences, and what stands in the topics that
 * ingest writes. Thread-safe.
 */
final class EventAudit implements Account {
  private final List<ChaosEvent> sent = new ArrayList<>();
  private final Set<Integer> acknowledged = new HashSet<>();
  private final Map<Place, Integer> log = new HashMap<>();
  private final Map<Place, Integer> rejected = new HashMap<>();
  private final Set<Place> quarantined = new HashSet<>();
  private final RouteAudit byUser = new RouteAudit(Route.BY_USER);
  private final RouteAudit byDomain = new RouteAudit(Route.BY_DOMAIN);
  private long quarantinedTwice;

  /** A record is being sent; they are numbered in this order. */
  synchronized void sent(ChaosEvent event) {
    if (event.number() != sent.size()) {
      throw new IllegalArgumentException(
          "record " + event.number() + " follows " + (sent.size() - 1));
    }
    sent.add(event);
  }

  synchronized void acknowledged(int number) {
    acknowledged.add(number);
  }

  synchronized long sent() {
    return sent.size();
  }

  @Override
  public synchronized long acknowledged() {
    return acknowledged.size();
  }

  /** How many of them by-user buckets name. */
  @Override
  public synchronized long covered() {
    return byUser.offsets();
  }

  @Override
  public boolean complete() {
    return tally().complete();
  }

  /** A record stands in attune.preferences. */
  synchronized void inLog(Place place, int number) {
    log.put(place, number);
  }

  /** A bucket stands in the topic of a route. */
  synchronized void bucket(Route topic, String key, PreferenceBucket bucket) {
    (topic == Route.BY_USER ? byUser : byDomain).enter(key, bucket);
  }

  /** A record stands in the rejected topic. */
  synchronized void rejected(Position source) {
    rejected.merge(place(source), 1, Integer::sum);
  }

  /** A record stands in the quarantined topic. */
  synchronized void quarantined(Position source) {
    if (!quarantined.add(place(source))) {
      quarantinedTwice++;
    }
  }

  synchronized Tally tally() {
    Map<Place, ChaosEvent> events = new HashMap<>();
    log.forEach((place, number) -> events.put(place, sent.get(number)));
    Verdicts verdicts = new Verdicts();
    log.keySet().stream()
        .sorted(Comparator.comparingInt(Place::partition).thenComparingLong(Place::offset))
        .forEach(place -> verdicts.enter(place, events.get(place), quarantined.contains(place)));
    return new Tally(
        events(verdicts), byUser.count(events, verdicts), byDomain.count(events, verdicts));
  }

  private EventCounts events(Verdicts verdicts) {
    Set<Integer> found = new HashSet<>(log.values());
    Map<Verdict, Long> counts = new HashMap<>();
    verdicts.all().values().forEach(verdict -> counts.merge(verdict, 1L, Long::sum));
    long missing = 0;
    for (Map.Entry<Place, Verdict> each : verdicts.all().entrySet()) {
      if (each.getValue() == Verdict.REJECTED && !rejected.containsKey(each.getKey())) {
        missing++;
      }
    }
    long wrong = quarantinedTwice;
    for (Map.Entry<Place, Integer> each : rejected.entrySet()) {
      if (each.getValue() > 1 || verdicts.all().get(each.getKey()) != Verdict.REJECTED) {
        wrong++;
      }
    }
    return new EventCounts(
        sent.size(),
        acknowledged.size(),
        log.size(),
        acknowledged.stream().filter(number -> !found.contains(number)).count(),
        log.size() - found.size(),
        counts.getOrDefault(Verdict.ACCEPTED, 0L),
        counts.getOrDefault(Verdict.CORRECTED, 0L),
        counts.getOrDefault(Verdict.WITHDRAWN, 0L),
        counts.getOrDefault(Verdict.DUPLICATE, 0L),
        counts.getOrDefault(Verdict.QUARANTINED, 0L),
        counts.getOrDefault(Verdict.REJECTED, 0L),
        missing,
        wrong);
  }

  private static Place place(Position source) {
    return new Place(source.getPartition(), source.getOffset());
  }
}
