package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.admission.AbuseGuard;
import dev.attune.ingest.admission.QuarantineReason;
import dev.attune.ingest.bucket.BucketLimits;
import dev.attune.ingest.event.UserEvent;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.Thumb;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.kafka.streams.KeyValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random records of few users, domains and events, with repeats, corrections, withdrawals,
 * disorder, rubbish, odd times, erasures and restarts: what the buckets of each route say in the
 * end is what {@link Specification} says.
 */
class SpecificationTest {
  private static final int STEPS = 400;
  private static final List<String> DOMAINS = List.of("cooking", "law", "general.helpful");

  @TempDir Path stateDir;
  private final Specification specification = new Specification();
  private final SurvivingStores stores = new SurvivingStores();
  private final Map<Route, Reader> readers =
      Map.of(Route.BY_USER, new Reader(), Route.BY_DOMAIN, new Reader());
  private final Map<String, Long> outcomes = new TreeMap<>();
  private final Map<String, Long> expectedOutcomes = new TreeMap<>();
  private FakeRegistry registry;
  private Random random;
  private Map<String, String> settings;
  private IngestHarness ingest;
  private long partitionTime;
  private long nextOffset;

  static LongStream seeds() {
    return LongStream.range(0, 30);
  }

  @BeforeEach
  void start() {
    registry = new FakeRegistry();
  }

  @AfterEach
  void stop() {
    ingest.close();
    registry.close();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void shouldTeachOnEachRouteWhatTheSpecificationSays(long seed) {
    // Given
    random = new Random(seed);
    settings = settings();
    startTask(Events.NOW);

    // When
    for (int step = 0; step < STEPS; step++) {
      step();
    }
    advance(Duration.ofSeconds(2));
    stopTask();

    // Then
    readers.forEach(
        (route, reader) -> {
          assertThat(reader.taughtByUser()).as("%s", route).isEqualTo(expected());
          assertThat(reader.open.values()).as("%s", route).allMatch(List::isEmpty);
        });
    assertThat(outcomes).isEqualTo(expectedOutcomes);
  }

  /** Which route closes first, and by which limit, depends on the seed. */
  private Map<String, String> settings() {
    boolean userFirst = random.nextInt(3) > 0;
    return Map.of(
        "ingest.deduplication-window", Specification.WINDOW_MILLIS + " ms",
        "ingest.clock-skew", Specification.SKEW_MILLIS + " ms",
        "ingest.by-user.max-comparisons", "" + (2 + random.nextInt(12)),
        "ingest.by-domain.max-comparisons", "" + (2 + random.nextInt(12)),
        "ingest.by-user.max-bytes", "" + (250 + random.nextInt(1_000)),
        "ingest.by-domain.max-bytes", "" + (250 + random.nextInt(1_000)),
        "ingest.by-user.max-age", userFirst ? "50 ms" : "1 s",
        "ingest.by-domain.max-age", userFirst ? "1 s" : "50 ms");
  }

  private void step() {
    int kind = random.nextInt(100);
    if (kind < 76) {
      event();
    } else if (kind < 79) {
      bad();
    } else if (kind < 82) {
      wrongKey();
    } else if (kind < 92) {
      advance(Duration.ofMillis(random.nextInt(80)));
    } else if (kind < 95) {
      advance(Duration.ofMillis(1_200));
    } else if (kind < 96) {
      advance(Duration.ofMinutes(1 + random.nextInt(11)));
    } else if (kind < 98) {
      erase();
    } else {
      Instant now = ingest.now();
      stopTask();
      startTask(now);
    }
    read();
  }

  private void event() {
    String domain = DOMAINS.get(random.nextInt(DOMAINS.size()));
    boolean heldBack = random.nextInt(12) == 0;
    int revision = Math.max(0, random.nextInt(6) - 2);
    long age = random.nextInt(10) == 0 ? random.nextInt(30) : 0;
    PreferenceEvent.Builder builder =
        random.nextInt(4) == 0
            ? Events.event(user(), id(), 2).setSignal(new Thumb("a", random.nextBoolean()))
            : Events.choice(user(), id(), 2 + random.nextInt(3));
    PreferenceEvent event =
        builder
            .setDomain(domain)
            .setRevision(revision)
            .setWithdrawn(revision > 0 && random.nextInt(5) == 0)
            .setOccurredAt(ingest.now().minus(Duration.ofMinutes(age)))
            .setUserText(heldBack ? "hold" : null)
            .build();
    long at = send(event.getUserId(), ingest.bytes(event));
    String outcome =
        specification.read(
            new Specification.Event(
                List.of(event.getUserId(), event.getEventId()),
                event.getRevision(),
                event.getWithdrawn(),
                event.getOccurredAt().toEpochMilli(),
                heldBack,
                teaches(event, nextOffset)),
            at);
    expectedOutcomes.merge(outcome, 1L, Long::sum);
    readers.get(Route.BY_USER).expect(event.getUserId(), nextOffset);
    if (outcome.equals("accepted") || outcome.equals("corrected")) {
      readers.get(Route.BY_DOMAIN).expect(event.getUserId(), nextOffset);
    }
    nextOffset++;
  }

  private void bad() {
    String user = user();
    send(user, new byte[random.nextInt(9)]);
    expectedOutcomes.merge("rejected", 1L, Long::sum);
    readers.get(Route.BY_USER).expect(user, nextOffset++);
  }

  private void wrongKey() {
    String user = user();
    send(user, ingest.bytes(Events.choice("somebody else", id(), 3).build()));
    expectedOutcomes.merge("rejected", 1L, Long::sum);
    readers.get(Route.BY_USER).expect(user, nextOffset++);
  }

  /** Sends it with a time that may be wrong; gives the time that counts. */
  private long send(String key, byte[] value) {
    long now = ingest.now().toEpochMilli();
    long written =
        switch (random.nextInt(20)) {
          case 0 -> now + random.nextInt(3_600_000);
          case 1 -> now - random.nextInt(4 * 60_000);
          default -> now;
        };
    ingest.input.pipeInput(key, value, written);
    partitionTime = Math.max(partitionTime, Math.min(written, now));
    return partitionTime;
  }

  private void erase() {
    String user = user();
    ingest.erase(user);
    assertThat(ingest.byUser.readKeyValuesToList()).containsExactly(KeyValue.pair(user, null));
    assertThat(ingest.users.readKeyValuesToList()).containsExactly(KeyValue.pair(user, null));
    specification.erase(user);
    readers.values().forEach(reader -> reader.erase(user));
  }

  private void advance(Duration time) {
    ingest.advance(time);
    read();
    for (Route route : Route.values()) {
      if (time.compareTo(limits(route).maxAge()) >= 0) {
        assertThat(readers.get(route).open.values())
            .as("%s open after %s", route, time)
            .allMatch(List::isEmpty);
      }
    }
  }

  private void read() {
    ingest.byUser.readValuesToList().forEach(bucket -> read(Route.BY_USER, bucket));
    ingest.byDomain.readValuesToList().forEach(bucket -> read(Route.BY_DOMAIN, bucket));
  }

  private void read(Route route, PreferenceBucket bucket) {
    assertThat(bucket.getRoute()).isEqualTo(route);
    readers.get(route).read(bucket);
    List<Feedback> feedback = bucket.getFeedback();
    int comparisons = feedback.stream().mapToInt(SpecificationTest::comparisons).sum();
    int last = feedback.isEmpty() ? 0 : comparisons(feedback.get(feedback.size() - 1));
    assertThat(comparisons - last).isLessThan(limits(route).maxComparisons());
    if (bucket.getSourceOffsets().size() + bucket.getRetractions().size() > 1) {
      byte[] wire =
          ingest.serdes.buckets().serializer().serialize(Topics.BUCKETS_BY_USER.name(), bucket);
      assertThat((long) wire.length).isLessThanOrEqualTo(limits(route).maxBytes());
    }
  }

  private void startTask(Instant now) {
    ingest = new IngestHarness(registry, stateDir, settings, SpecificationTest::guard, stores, now);
    // The driver, unlike a broker, counts from the start again, and keeps no partition's time.
    partitionTime = -1;
    nextOffset = 0;
  }

  private void stopTask() {
    for (String outcome :
        List.of("accepted", "corrected", "withdrawn", "duplicate", "quarantined", "rejected")) {
      outcomes.merge(outcome, ingest.count(outcome), Long::sum);
    }
    assertThat(ingest.dropped()).isZero();
    ingest.close();
  }

  private static Optional<AbuseGuard.Quarantine> guard(UserEvent event) {
    return "hold".equals(event.userText())
        ? Optional.of(new AbuseGuard.Quarantine(QuarantineReason.RATE_LIMITED, "held"))
        : Optional.empty();
  }

  private BucketLimits limits(Route route) {
    return route == Route.BY_USER ? ingest.config.byUser() : ingest.config.byDomain();
  }

  private String user() {
    return "user" + random.nextInt(3);
  }

  private String id() {
    return "e" + random.nextInt(8);
  }

  private Map<String, List<String>> expected() {
    Map<String, List<String>> sorted = new TreeMap<>();
    specification.taughtByUser.forEach(
        (user, taught) -> sorted.put(user, taught.stream().sorted().toList()));
    sorted.values().removeIf(List::isEmpty);
    return sorted;
  }

  private static int comparisons(Feedback feedback) {
    return feedback.getComparisons().size() + feedback.getJudgements().size();
  }

  /** An event's record and what it says: the chosen one over each other, or one judgement. */
  private static String teaches(PreferenceEvent event, long offset) {
    boolean thumb = event.getSignal() instanceof Thumb;
    return named(event.getDomain(), event.getEventId(), event.getRevision(), offset)
        + (thumb ? " 0+1" : " " + (event.getCandidates().size() - 1) + "+0");
  }

  private static String named(String domain, String id, int revision, long offset) {
    return domain + " " + id + "." + revision + "@" + offset;
  }

  /** One who reads a route and believes it. */
  private static final class Reader {
    /** By user: the offsets that are still to be named. */
    final Map<String, List<Long>> open = new HashMap<>();

    private final Map<String, List<String>> taught = new TreeMap<>();
    private final Map<List<String>, Long> sequences = new HashMap<>();

    void expect(String user, long offset) {
      open.computeIfAbsent(user, absent -> new ArrayList<>()).add(offset);
    }

    void read(PreferenceBucket bucket) {
      List<String> key = List.of(bucket.getUserId(), bucket.getDomain());
      assertThat(bucket.getSequence()).isEqualTo(sequences.getOrDefault(key, 0L));
      sequences.put(key, bucket.getSequence() + 1);
      List<String> theirs = taught.computeIfAbsent(bucket.getUserId(), absent -> new ArrayList<>());
      for (Retraction taken : bucket.getRetractions()) {
        assertThat(taken.getByRevision()).isGreaterThan(taken.getRevision());
        String earlier =
            named(bucket.getDomain(), taken.getEventId(), taken.getRevision(), taken.getOffset())
                + (" " + taken.getComparisons() + "+" + taken.getJudgements());
        assertThat(theirs.remove(earlier)).as("was taught: %s in %s", earlier, theirs).isTrue();
      }
      for (Feedback feedback : bucket.getFeedback()) {
        theirs.add(
            named(
                    bucket.getDomain(),
                    feedback.getEventId(),
                    feedback.getRevision(),
                    feedback.getOffset())
                + (" " + feedback.getComparisons().size() + "+" + feedback.getJudgements().size()));
      }
      for (Long offset : bucket.getSourceOffsets()) {
        assertThat(open.get(bucket.getUserId()).remove(offset)).as("offset " + offset).isTrue();
      }
    }

    void erase(String user) {
      taught.remove(user);
      open.remove(user);
      sequences.keySet().removeIf(key -> key.get(0).equals(user));
    }

    Map<String, List<String>> taughtByUser() {
      Map<String, List<String>> sorted = new TreeMap<>();
      taught.forEach((user, all) -> sorted.put(user, all.stream().sorted().toList()));
      sorted.values().removeIf(List::isEmpty);
      return sorted;
    }
  }
}
