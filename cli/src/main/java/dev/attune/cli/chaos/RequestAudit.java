package dev.attune.cli.chaos;

import dev.attune.cli.chaos.RequestTally.AfterCounts;
import dev.attune.cli.chaos.RequestTally.CodeCounts;
import dev.attune.cli.traffic.Place;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An account of all requests that knows nothing of the scorer but what it committed: what was sent,
 * what the brokers acknowledged, what stands in attune.prompts, and what stands in attune.rewards.
 * It has the rules of the scorer's contract once more, apart from it. Thread-safe.
 */
final class RequestAudit implements Account {
  private static final double ROUNDING = 1e-9;

  private final Served served;
  private final Duration longestWait;
  private final List<ChaosRequest> sent = new ArrayList<>();
  private final Map<String, Integer> byId = new HashMap<>();
  private final Set<Integer> acknowledged = new HashSet<>();
  private final Map<Place, Integer> log = new HashMap<>();
  private final Set<Place> covered = new HashSet<>();
  private final List<Answer> answers = new ArrayList<>();
  private final RepeatAudit repeats = new RepeatAudit();
  private final Map<String, Set<Long>> versions = new TreeMap<>();
  private long stale;
  private long waitedInVain;

  /** What answers may say that they were computed with. */
  interface Served {
    /** The base's sha-256. */
    String base();

    /** Whether a version of a model has been published. */
    boolean published(String model, long version);
  }

  /**
   * What is kept of an answer.
   *
   * @param fault what is wrong with it, whatever record it belongs to; null: nothing
   */
  private record Answer(
      Place source, String requestId, String key, ScoreErrorCode code, @Nullable String fault) {}

  /**
   * @param longestWait that the scorer may hold a request back for the feedback that it names
   */
  RequestAudit(Served served, Duration longestWait) {
    this.served = served;
    this.longestWait = longestWait;
  }

  /** A record is being sent; they are numbered in this order. */
  synchronized void sent(ChaosRequest request) {
    if (request.number() != sent.size()) {
      throw new IllegalArgumentException(
          "record " + request.number() + " follows " + (sent.size() - 1));
    }
    sent.add(request);
    if (!request.requestId().isEmpty()) {
      byId.put(request.requestId(), request.number());
    }
  }

  synchronized void acknowledged(int number) {
    acknowledged.add(number);
  }

  @Override
  public synchronized long acknowledged() {
    return acknowledged.size();
  }

  /** How many places of attune.prompts answers name. */
  @Override
  public synchronized long covered() {
    return covered.size();
  }

  @Override
  public boolean complete() {
    return tally().complete();
  }

  /** A record stands in attune.prompts. */
  synchronized void inLog(Place place, int number) {
    log.put(place, number);
  }

  /** An answer stands in attune.rewards. */
  synchronized void answered(@Nullable String key, ScoreResult result) {
    Place source = new Place(result.getSource().getPartition(), result.getSource().getOffset());
    Integer number = byId.get(result.getRequestId());
    String fault =
        !result.getSource().getTopic().equals(Topics.PROMPTS.name())
            ? "source"
            : number == null ? unread(key, result) : fault(sent.get(number), result);
    if (fault == null && number != null && result.getError() == ScoreErrorCode.NONE) {
      enter(sent.get(number), result);
    }
    covered.add(source);
    answers.add(
        new Answer(
            source, result.getRequestId(), key == null ? "" : key, result.getError(), fault));
  }

  /** An answer to what could not be read is for the record's key. */
  private static @Nullable String unread(@Nullable String key, ScoreResult result) {
    return result.getUserId().equals(key) && result.getCandidates().isEmpty()
        ? null
        : "user or candidates";
  }

  /** What of the contract an answer to a request breaks. */
  private @Nullable String fault(ChaosRequest request, ScoreResult result) {
    if (!result.getUserId().equals(request.userId())
        || !result.getDomain().equals(request.domain())) {
      return "user or domain";
    }
    if (result.getError() != request.expected()) {
      return "code";
    }
    if (result.getError() != ScoreErrorCode.NONE) {
      return result.getCandidates().isEmpty() ? null : "candidates";
    }
    if (!result.getCandidates().stream()
        .map(CandidateScore::getId)
        .toList()
        .equals(request.candidates())) {
      return "candidates";
    }
    if (!sums(result.getCandidates()) || !ranked(result.getCandidates())) {
      return "rewards";
    }
    return versionsFit(result) ? null : "versions";
  }

  private static boolean sums(List<CandidateScore> scores) {
    for (CandidateScore each : scores) {
      double personal = each.getPersonalReward() == null ? 0 : each.getPersonalReward();
      double off = each.getReward() - each.getDomainReward() - personal;
      if (!(Math.abs(off) <= ROUNDING * Math.max(1, Math.abs(each.getReward())))) {
        return false;
      }
    }
    return true;
  }

  /** 1 is the best; equal rewards share a rank, and the next one counts them. */
  private static boolean ranked(List<CandidateScore> scores) {
    for (CandidateScore each : scores) {
      long better = scores.stream().filter(o -> o.getReward() > each.getReward()).count();
      if (each.getRank() != better + 1) {
        return false;
      }
    }
    return true;
  }

  private boolean versionsFit(ScoreResult result) {
    var used = result.getVersions();
    return used != null
        && used.getBase().equals(served.base())
        && served.published(used.getDomainModel(), used.getDomainModelVersion());
  }

  private void enter(ChaosRequest request, ScoreResult result) {
    versions
        .computeIfAbsent(result.getVersions().getDomainModel(), name -> new TreeSet<>())
        .add(result.getVersions().getDomainModelVersion());
    repeats.enter(request, result);
    Place after = request.after();
    if (after != null && !includes(result.getIncluded(), after)) {
      boolean waited =
          result.getTimings() != null && result.getTimings().getQueued() >= longestWait.toMillis();
      if (waited) {
        waitedInVain++;
      } else {
        stale++;
      }
    }
  }

  private static boolean includes(@Nullable Position included, Place after) {
    return included != null
        && included.getPartition() == after.partition()
        && included.getOffset() >= after.offset();
  }

  synchronized RequestTally tally() {
    Map<Place, Integer> atPlace = new HashMap<>();
    Map<String, Integer> ofId = new HashMap<>();
    Map<String, Long> wrong = new TreeMap<>();
    Map<ScoreErrorCode, Long> found = new EnumMap<>(ScoreErrorCode.class);
    long strangers = 0;
    for (Answer answer : answers) {
      found.merge(answer.code(), 1L, Long::sum);
      Integer number = log.get(answer.source());
      boolean known = answer.requestId().isEmpty() || byId.containsKey(answer.requestId());
      if (number == null || !known) {
        strangers++;
        continue;
      }
      atPlace.merge(answer.source(), 1, Integer::sum);
      if (!answer.requestId().isEmpty()) {
        ofId.merge(answer.requestId(), 1, Integer::sum);
      }
      String fault = fault(sent.get(number), answer);
      if (fault != null) {
        wrong.merge(fault, 1L, Long::sum);
      }
    }
    Set<Integer> inLog = new HashSet<>(log.values());
    Map<ScoreErrorCode, Long> expected = new EnumMap<>(ScoreErrorCode.class);
    long idsLost = 0;
    for (int number : inLog) {
      ChaosRequest request = sent.get(number);
      if (!request.requestId().isEmpty() && !ofId.containsKey(request.requestId())) {
        idsLost++;
      }
    }
    log.values().forEach(number -> expected.merge(sent.get(number).expected(), 1L, Long::sum));
    return new RequestTally(
        sent.size(),
        acknowledged.size(),
        log.size(),
        acknowledged.stream().filter(number -> !inLog.contains(number)).count(),
        log.size() - inLog.size(),
        answers.size(),
        log.keySet().stream().filter(place -> !atPlace.containsKey(place)).count(),
        atPlace.values().stream().filter(count -> count > 1).count(),
        idsLost,
        ofId.values().stream().filter(count -> count > 1).count(),
        strangers,
        wrong,
        codes(expected, found),
        new AfterCounts(
            sent.stream().filter(request -> request.after() != null).count(), stale, waitedInVain),
        repeats.counts(),
        counts(versions));
  }

  /** What is wrong with the answer to the record at its place. */
  private static @Nullable String fault(ChaosRequest request, Answer answer) {
    if (answer.fault() != null) {
      return answer.fault();
    }
    if (!answer.requestId().equals(request.requestId())) {
      return "request id";
    }
    if (!answer.key().equals(request.userId())) {
      return "key";
    }
    return answer.code() == request.expected() ? null : "code";
  }

  private static Map<String, CodeCounts> codes(
      Map<ScoreErrorCode, Long> expected, Map<ScoreErrorCode, Long> found) {
    Map<String, CodeCounts> codes = new TreeMap<>();
    for (ScoreErrorCode code : ScoreErrorCode.values()) {
      CodeCounts counts =
          new CodeCounts(expected.getOrDefault(code, 0L), found.getOrDefault(code, 0L));
      if (counts.expected() + counts.found() > 0) {
        codes.put(code.name(), counts);
      }
    }
    return codes;
  }

  private static Map<String, Integer> counts(Map<String, Set<Long>> versions) {
    Map<String, Integer> counts = new TreeMap<>();
    versions.forEach((model, seen) -> counts.put(model, seen.size()));
    return counts;
  }
}
