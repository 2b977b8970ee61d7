package dev.attune.trainer.users;

import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.serde.TrustedRecords;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;

/** Buckets of users for tests. */
public final class UserBuckets {
  /** The time of event 0; each later one comes a minute after the one before. */
  public static final Instant TIME = Instant.parse("2026-03-01T00:00:00Z");

  static {
    TrustedRecords.trust();
  }

  private UserBuckets() {}

  /** A bucket of the events with these numbers, which are their offsets too. */
  public static PreferenceBucket of(String user, long... numbers) {
    return with(
        user,
        LongStream.of(numbers).mapToObj(number -> feedback(user, number)).toList(),
        LongStream.of(numbers).boxed().toList());
  }

  /** A bucket that takes events back; its own record has the next number. */
  public static PreferenceBucket retracting(String user, long number, long... retracted) {
    PreferenceBucket bucket = with(user, List.of(), List.of(number));
    bucket.setRetractions(
        LongStream.of(retracted)
            .mapToObj(offset -> new Retraction(user + "-" + offset, 0, 1, offset, 1, 1))
            .toList());
    return bucket;
  }

  /** A bucket that covers offsets and says nothing. */
  public static PreferenceBucket covering(String user, Long... offsets) {
    return with(user, List.of(), List.of(offsets));
  }

  public static PreferenceBucket with(String user, List<Feedback> feedback, List<Long> offsets) {
    Instant last = TIME.plus(Duration.ofMinutes(offsets.get(offsets.size() - 1)));
    return PreferenceBucket.newBuilder()
        .setRoute(Route.BY_USER)
        .setUserId(user)
        .setDomain("law")
        .setSequence(0)
        .setFeedback(feedback)
        .setFirstEventAt(last)
        .setLastEventAt(last)
        .setSourcePartition(3)
        .setSourceOffsets(offsets)
        .setRetractions(List.of())
        .build();
  }

  /** One comparison and one judgement, of texts that depend on the number. */
  public static Feedback feedback(String user, long number) {
    return Feedback.newBuilder()
        .setEventId(user + "-" + number)
        .setOffset(number)
        .setOccurredAt(TIME.plus(Duration.ofMinutes(number)))
        .setPrompt(List.of(new Turn("user", "What is number " + number % 11 + "?")))
        .setReplies(
            List.of(
                reply("a", 0, "It belongs to " + user + ", says " + number % 7 + "."),
                reply("b", 1, "I do not know of " + number % 13 + ".")))
        .setComparisons(List.of(new Comparison(0, 1, 1f, 0f, number % 5 == 4)))
        .setJudgements(List.of(new Judgement(0, number % 2 == 0, 1f)))
        .build();
  }

  /** A reply that was not served. */
  public static Reply reply(String id, int position, String text) {
    return new Reply(id, text, null, position, null, null);
  }
}
