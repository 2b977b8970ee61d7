package dev.attune.cli.chaos;

import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import dev.attune.schemas.events.Turn;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/**
 * Made-up events of some thousands of users, some of them in bursts: choices, thumbs and ties;
 * resends of earlier records as they were; corrections and withdrawals; records that cannot be
 * used. A function of the seed, but for the times. Not thread-safe.
 */
final class ChaosTraffic {
  private static final int USERS = 3_000;
  private static final List<String> DOMAINS =
      List.of("general", "general.helpful", "law", "cooking", "science", "coding");

  // Shares of all records, in thousandths; the rest are new events.
  private static final int RESENT = 80;
  private static final int BROKEN = 5;
  private static final int UNKNOWN_CANDIDATE = 5;
  private static final int CORRECTED = 40;
  private static final int WITHDRAWN = 20;

  /** Further events refer to one of so many earlier ones. */
  private static final int REMEMBERED = 4_096;

  /** A record to be sent: what it says, and its bytes. */
  record Sent(ChaosEvent event, byte[] value) {}

  private final Random random;
  private final boolean corrections;
  private final Function<PreferenceEvent, byte[]> serializer;
  private final List<Sent> recent = new ArrayList<>(REMEMBERED);
  private final Map<String, Integer> revisions = new HashMap<>();
  private String user = "";
  private String domain = "";
  private int number;

  ChaosTraffic(long seed, boolean corrections, Function<PreferenceEvent, byte[]> serializer) {
    this.random = new Random(seed);
    this.corrections = corrections;
    this.serializer = serializer;
  }

  Sent next() {
    int kind = recent.isEmpty() ? 1_000 : random.nextInt(1_000);
    Sent sent;
    if ((kind -= RESENT) < 0) {
      sent = resent();
    } else if ((kind -= BROKEN) < 0) {
      sent = broken();
    } else if ((kind -= UNKNOWN_CANDIDATE) < 0) {
      sent = unknownCandidate();
    } else if (corrections && (kind -= CORRECTED) < 0) {
      sent = revised(false);
    } else if (corrections && kind - WITHDRAWN < 0) {
      sent = revised(true);
    } else {
      moveOn();
      sent = learnable(user, domain, "event-" + number, 0, false);
    }
    if (sent.event().valid()) {
      remember(sent);
    }
    number++;
    return sent;
  }

  private void remember(Sent sent) {
    if (recent.size() < REMEMBERED) {
      recent.add(sent);
    } else {
      recent.set(random.nextInt(REMEMBERED), sent);
    }
  }

  /** Often the same user goes on, so that buckets have several events. */
  private void moveOn() {
    if (user.isEmpty() || random.nextBoolean()) {
      user = "user-" + random.nextInt(USERS);
      domain = DOMAINS.get(random.nextInt(DOMAINS.size()));
    } else if (random.nextInt(5) == 0) {
      domain = DOMAINS.get(random.nextInt(DOMAINS.size()));
    }
  }

  private Sent resent() {
    Sent earlier = recent.get(random.nextInt(recent.size()));
    ChaosEvent event = earlier.event();
    return new Sent(
        new ChaosEvent(
            number,
            event.userId(),
            event.domain(),
            event.eventId(),
            event.revision(),
            event.withdrawn(),
            true,
            event.lessons()),
        earlier.value());
  }

  private Sent revised(boolean withdrawn) {
    ChaosEvent earlier = recent.get(random.nextInt(recent.size())).event();
    int revision = 1 + revisions.getOrDefault(earlier.eventId(), 0);
    revisions.put(earlier.eventId(), revision);
    String field =
        random.nextInt(10) == 0 ? DOMAINS.get(random.nextInt(DOMAINS.size())) : earlier.domain();
    return learnable(earlier.userId(), field, earlier.eventId(), revision, withdrawn);
  }

  private Sent broken() {
    moveOn();
    byte[] bytes = ("not Avro " + number).getBytes(StandardCharsets.UTF_8);
    return new Sent(unusable(), bytes);
  }

  private Sent unknownCandidate() {
    moveOn();
    PreferenceEvent event =
        event(user, domain, "event-" + number, 2).setSignal(new Choice("not shown")).build();
    return new Sent(unusable(), serializer.apply(event));
  }

  private ChaosEvent unusable() {
    return new ChaosEvent(number, user, domain, "event-" + number, 0, false, false, 0);
  }

  private Sent learnable(
      String userId, String field, String eventId, int revision, boolean withdrawn) {
    int shown = random.nextInt(2, 5);
    PreferenceEvent.Builder event =
        event(userId, field, eventId, shown).setRevision(revision).setWithdrawn(withdrawn);
    String candidate = "c" + random.nextInt(shown);
    int kind = random.nextInt(20);
    int lessons;
    if (kind < 12) {
      event.setSignal(new Choice(candidate));
      lessons = shown - 1;
    } else if (kind < 17) {
      event.setSignal(new Thumb(candidate, random.nextBoolean()));
      lessons = 1;
    } else {
      event.setSignal(new Tie(List.of()));
      lessons = shown * (shown - 1) / 2;
    }
    return new Sent(
        new ChaosEvent(
            number, userId, field, eventId, revision, withdrawn, true, withdrawn ? 0 : lessons),
        serializer.apply(event.build()));
  }

  private PreferenceEvent.Builder event(String userId, String field, String eventId, int shown) {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < shown; i++) {
      candidates.add(new Candidate("c" + i, "Reply " + i + " to question " + number));
    }
    return PreferenceEvent.newBuilder()
        .setEventId(eventId)
        .setUserId(userId)
        .setDomain(field)
        .setOccurredAt(Instant.now())
        .setPrompt(List.of(new Turn("user", "Question " + number + "?")))
        .setCandidates(candidates);
  }
}
