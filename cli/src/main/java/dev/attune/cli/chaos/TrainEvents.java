package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.cli.imports.EventSource;
import dev.attune.cli.imports.ImportItem;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import dev.attune.schemas.events.Turn;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The events that {@code attune chaos train} learns from. */
final class TrainEvents {
  /** Before the judgments of UKPConvArg1, so that nobody seems to have been idle for years. */
  private static final Instant START = Instant.parse("2016-01-01T00:00:00Z");

  private static final int USERS = 60;
  private static final int TOPICS = 40;
  private static final List<String> DOMAINS = List.of("law", "cooking", "travel", "coding");
  private static final List<String> ADVICE =
      List.of("ask a friend", "read the manual", "make a list", "sleep on it", "measure it twice");

  private TrainEvents() {}

  /** UKPConvArg1's judgments in the order of time. */
  static List<PreferenceEvent> ukp(Path data, int count) {
    return take(source().ukp(data.resolve("ukpconvarg")), count, data);
  }

  /** The first general preferences. */
  static List<PreferenceEvent> general(Path data, int count) {
    return take(source().pairs(data.resolve("general")), count, data);
  }

  private static EventSource source() {
    return new EventSource(null, Clock.fixed(START, ZoneOffset.UTC));
  }

  private static List<PreferenceEvent> take(Iterator<ImportItem> items, int count, Path data) {
    List<PreferenceEvent> events = new ArrayList<>();
    while (events.size() < count && items.hasNext()) {
      if (items.next() instanceof ImportItem.Event item) {
        events.add(item.event());
      }
    }
    if (events.size() < count) {
      throw new CliException("--events: " + data + " has " + events.size() + " of them");
    }
    return events;
  }

  /**
   * Made-up choices, ties and thumbs of users who want short or long replies.
   *
   * @param general whether they are of general, or of domains
   */
  static List<PreferenceEvent> madeUp(boolean general, int count, long seed) {
    Random random = new Random(seed);
    String kind = general ? "general" : "domain";
    List<PreferenceEvent> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int user = random.nextInt(USERS);
      int topic = random.nextInt(TOPICS);
      String advice = ADVICE.get(random.nextInt(ADVICE.size()));
      boolean wantsShort = (user % 2 == 0) != (random.nextInt(10) == 0);
      int signal = random.nextInt(10);
      events.add(
          PreferenceEvent.newBuilder()
              .setEventId(kind + "-" + i)
              .setUserId("user-" + user)
              .setDomain(general ? "general.helpful" : DOMAINS.get(random.nextInt(DOMAINS.size())))
              .setOccurredAt(START.plusSeconds(i))
              .setPrompt(List.of(new Turn("user", "How do I go about matter " + topic + "?")))
              .setCandidates(
                  List.of(
                      new Candidate("short", "Just " + advice + "."),
                      new Candidate(
                          "long",
                          "With matter %d there is much to say. First %s, then %s again, and after that see."
                              .formatted(topic, advice, advice))))
              .setSignal(
                  signal == 0
                      ? new Tie(List.of())
                      : signal == 1
                          ? new Thumb("short", wantsShort)
                          : new Choice(wantsShort ? "short" : "long"))
              .setAttributes(Map.of())
              .build());
    }
    return events;
  }
}
