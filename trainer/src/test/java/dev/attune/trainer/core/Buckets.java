package dev.attune.trainer.core;

import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.Turn;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;

/** Buckets for tests. */
public final class Buckets {
  private static final Instant TIME = Instant.ofEpochSecond(1_700_000_000);

  private Buckets() {}

  /** A bucket of events with one comparison each. */
  public static PreferenceBucket of(String domain, long sequence, int events) {
    return with(
        domain,
        sequence,
        LongStream.range(0, events).mapToObj(i -> feedback(domain, sequence * 1000 + i)).toList());
  }

  /** A bucket that only moves the position. */
  public static PreferenceBucket empty(String domain, long sequence) {
    return with(domain, sequence, List.of());
  }

  public static PreferenceBucket with(String domain, long sequence, List<Feedback> feedback) {
    return PreferenceBucket.newBuilder()
        .setRoute(Route.BY_DOMAIN)
        .setUserId("user-" + sequence % 7)
        .setDomain(domain)
        .setSequence(sequence)
        .setFeedback(feedback)
        .setFirstEventAt(TIME)
        .setLastEventAt(TIME)
        .setSourcePartition(0)
        .setSourceOffsets(List.of(sequence))
        .setRetractions(List.of())
        .build();
  }

  /** One reply of two is preferred: the one that names the domain. */
  public static Feedback feedback(String domain, long number) {
    return judged(domain, number, List.of());
  }

  public static Feedback judged(String domain, long number, List<Judgement> judgements) {
    return Feedback.newBuilder()
        .setEventId(domain + "-" + number)
        .setOffset(number)
        .setOccurredAt(TIME)
        .setPrompt(List.of(new Turn("user", "What is number " + number + "?")))
        .setReplies(
            List.of(
                new Reply("a", "It belongs to " + domain + ".", null, 0, null, null),
                new Reply("b", "I do not know.", null, 1, null, null)))
        .setComparisons(List.of(new Comparison(0, 1, 1f, 0f, number % 5 == 4)))
        .setJudgements(judgements)
        .build();
  }
}
