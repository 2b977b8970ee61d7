package dev.attune.cli.chaos;

import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.Thumb;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Makes buckets of events, such as ingest could have made of them: those of one user and domain
 * within a short while share a bucket. Some events are later corrected or withdrawn, and now and
 * then a user is erased. A function of the events and the seed. Not thread-safe.
 */
final class BucketMaker {
  /** So many events come within the time that a bucket is open. */
  private static final int WINDOW = 48;

  private static final int MOST_BY_USER = 4;
  private static final int MOST_BY_DOMAIN = 16;

  /** An event may be taken back as long as it is one of its user's latest: states refer to some. */
  private static final int REMEMBERED = 16;

  // In thousandths: of the groups of events that share a bucket, and of the windows.
  private static final int TAKING_BACK = 60;
  private static final int ERASING = 150;

  private record Group(String userId, String domain) {}

  private record Learned(Group group, Feedback feedback, PreferenceEvent event) {}

  private final Random random;
  private final int partitions = Topics.PREFERENCES.partitions();
  private final long[] nextOffset = new long[partitions];
  private final Map<Route, Map<Group, Long>> nextSequence = new HashMap<>();
  private final Map<String, List<Learned>> latest = new LinkedHashMap<>();
  private final List<BucketRecord> records = new ArrayList<>();

  BucketMaker(long seed) {
    random = new Random(seed);
  }

  /** The records of further events, in the order of their topics. */
  List<BucketRecord> make(List<PreferenceEvent> events) {
    records.clear();
    for (int from = 0; from < events.size(); from += WINDOW) {
      close(events.subList(from, Math.min(events.size(), from + WINDOW)));
      if (random.nextInt(1_000) < ERASING) {
        erase();
      }
    }
    return List.copyOf(records);
  }

  private void close(List<PreferenceEvent> window) {
    Map<Group, List<Learned>> groups = new LinkedHashMap<>();
    for (PreferenceEvent event : window) {
      Group group = new Group(event.getUserId(), Domains.orGeneral(event.getDomain()));
      groups.computeIfAbsent(group, each -> new ArrayList<>()).add(learn(group, event, 0, false));
    }
    groups.forEach(this::close);
  }

  private void close(Group group, List<Learned> events) {
    List<Learned> before = latest.computeIfAbsent(group.userId(), each -> new ArrayList<>());
    List<Learned> ofDomain = before.stream().filter(each -> each.group().equals(group)).toList();
    List<Retraction> retractions = new ArrayList<>();
    List<Long> withdrawals = new ArrayList<>();
    if (!ofDomain.isEmpty() && random.nextInt(1_000) < TAKING_BACK) {
      Learned wrong = ofDomain.get(random.nextInt(ofDomain.size()));
      before.remove(wrong);
      retractions.add(retraction(wrong.feedback()));
      if (random.nextBoolean()) {
        events.add(learn(group, wrong.event(), wrong.feedback().getRevision() + 1, true));
      } else {
        withdrawals.add(nextOffset[BucketRecord.ofUser(group.userId(), partitions)]++);
      }
    }
    List<Feedback> feedback = events.stream().map(Learned::feedback).toList();
    put(Route.BY_USER, group, feedback, retractions, withdrawals, MOST_BY_USER);
    put(Route.BY_DOMAIN, group, feedback, retractions, withdrawals, MOST_BY_DOMAIN);
    before.addAll(events);
    before.subList(0, Math.max(0, before.size() - REMEMBERED)).clear();
  }

  private void put(
      Route route,
      Group group,
      List<Feedback> feedback,
      List<Retraction> retractions,
      List<Long> withdrawals,
      int most) {
    for (int from = 0; from < feedback.size(); from += most) {
      List<Feedback> part = feedback.subList(from, Math.min(feedback.size(), from + most));
      List<Long> offsets = new ArrayList<>(from == 0 ? withdrawals : List.of());
      part.forEach(each -> offsets.add(each.getOffset()));
      Map<Group, Long> sequences = nextSequence.computeIfAbsent(route, each -> new HashMap<>());
      long sequence = sequences.merge(group, 1L, Long::sum) - 1;
      PreferenceBucket bucket =
          PreferenceBucket.newBuilder()
              .setRoute(route)
              .setUserId(group.userId())
              .setDomain(group.domain())
              .setSequence(sequence)
              .setFeedback(List.copyOf(part))
              .setFirstEventAt(part.get(0).getOccurredAt())
              .setLastEventAt(part.get(part.size() - 1).getOccurredAt())
              .setSourcePartition(BucketRecord.ofUser(group.userId(), partitions))
              .setSourceOffsets(offsets.stream().sorted().toList())
              .setRetractions(from == 0 ? List.copyOf(retractions) : List.of())
              .build();
      String key = route == Route.BY_USER ? group.userId() : group.domain();
      records.add(new BucketRecord(route, key, bucket));
    }
  }

  /** The user may come back, and is then somebody new. */
  private void erase() {
    List<String> users = List.copyOf(latest.keySet());
    String user = users.get(random.nextInt(users.size()));
    latest.remove(user);
    nextSequence
        .values()
        .forEach(sequences -> sequences.keySet().removeIf(group -> group.userId().equals(user)));
    records.add(new BucketRecord(Route.BY_USER, user, null));
  }

  private Learned learn(Group group, PreferenceEvent event, int revision, boolean corrected) {
    List<Candidate> candidates = event.getCandidates();
    List<Reply> replies = new ArrayList<>();
    for (Candidate candidate : candidates) {
      replies.add(
          Reply.newBuilder()
              .setId(candidate.getId())
              .setText(candidate.getText())
              .setPosition(replies.size())
              .build());
    }
    Feedback.Builder feedback =
        Feedback.newBuilder()
            .setEventId(event.getEventId())
            .setRevision(revision)
            .setOffset(nextOffset[BucketRecord.ofUser(event.getUserId(), partitions)]++)
            .setOccurredAt(event.getOccurredAt())
            .setPrompt(event.getPrompt())
            .setReplies(replies)
            .setComparisons(List.of())
            .setJudgements(List.of())
            .setShown(candidates.size());
    List<String> ids = candidates.stream().map(Candidate::getId).toList();
    if (event.getSignal() instanceof Thumb thumb) {
      feedback.setJudgements(
          List.of(
              Judgement.newBuilder()
                  .setReply(ids.indexOf(thumb.getCandidateId()))
                  .setGood(thumb.getUp() != corrected)
                  .build()));
    } else {
      feedback.setComparisons(comparisons(event, ids, corrected));
    }
    return new Learned(group, feedback.build(), event);
  }

  /** The chosen reply over each other one; a correction turns them round. */
  private static List<Comparison> comparisons(
      PreferenceEvent event, Collection<String> ids, boolean corrected) {
    boolean tie = !(event.getSignal() instanceof Choice);
    int chosen =
        event.getSignal() instanceof Choice choice
            ? List.copyOf(ids).indexOf(choice.getChosenId())
            : 0;
    List<Comparison> comparisons = new ArrayList<>();
    for (int other = 0; other < ids.size(); other++) {
      if (other != chosen) {
        comparisons.add(
            Comparison.newBuilder()
                .setPreferred(corrected ? other : chosen)
                .setOther(corrected ? chosen : other)
                .setTie(tie)
                .build());
      }
    }
    return comparisons;
  }

  private static Retraction retraction(Feedback feedback) {
    return Retraction.newBuilder()
        .setEventId(feedback.getEventId())
        .setRevision(feedback.getRevision())
        .setByRevision(feedback.getRevision() + 1)
        .setOffset(feedback.getOffset())
        .setComparisons(feedback.getComparisons().size())
        .setJudgements(feedback.getJudgements().size())
        .build();
  }
}
