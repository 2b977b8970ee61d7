package dev.attune.scorer.core;

import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreTimings;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.scorer.core.ModelDirectory.Selection;
import dev.attune.scorer.core.RewardFunction.Task;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a batch: exactly one {@link ScoreResult} for each record, rewards or an error code.
 *
 * <p>All requests of a batch see the same set of models. Where a forward pass fails, its requests
 * are tried one by one, so that one of them cannot take the others along. One thread at a time.
 */
public final class BatchScorer {
  private static final Logger LOG = LoggerFactory.getLogger(BatchScorer.class);

  private final RewardFunction rewards;
  private final ModelDirectory models;
  private final InstantSource clock;

  public BatchScorer(RewardFunction rewards, ModelDirectory models, InstantSource clock) {
    this.rewards = rewards;
    this.models = models;
    this.clock = clock;
  }

  /** The answers, in the order of the records. */
  public List<ScoreResult> score(List<Prompt> batch) {
    Instant start = clock.instant();
    List<Open> open = new ArrayList<>();
    List<@Nullable Rejection> rejections = new ArrayList<>();
    List<double @Nullable []> computed;
    double milliseconds;
    try (ModelDirectory.Lease lease = models.lease()) {
      for (Prompt prompt : batch) {
        Rejection rejection = rejection(prompt, start);
        rejections.add(rejection);
        if (rejection == null) {
          ScoreRequest request = prompt.request();
          open.add(new Open(request, lease.select(Domains.orGeneral(request.getDomain()))));
        }
      }
      long before = System.nanoTime();
      computed = compute(open.stream().map(Open::task).toList());
      milliseconds = (System.nanoTime() - before) / 1e6;
    }
    List<ScoreResult> results = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < batch.size(); i++) {
      Prompt prompt = batch.get(i);
      double queued = Math.max(0, Duration.between(prompt.appendedAt(), start).toNanos() / 1e6);
      Rejection rejection = rejections.get(i);
      if (rejection == null) {
        ScoreTimings timings = new ScoreTimings(queued, milliseconds);
        results.add(answer(prompt, open.get(next), computed.get(next), timings));
        next++;
      } else {
        results.add(refuse(prompt, rejection, new ScoreTimings(queued, 0.0)));
      }
    }
    return results;
  }

  private static @Nullable Rejection rejection(Prompt prompt, Instant now) {
    return prompt.rejection() != null
        ? prompt.rejection()
        : RequestValidator.checkDeadline(prompt.request(), now).orElse(null);
  }

  /** For each task its rewards, or null where they cannot be computed. */
  private List<double @Nullable []> compute(List<Task> tasks) {
    List<double @Nullable []> computed = new ArrayList<>();
    if (tasks.size() > 1) {
      List<double[]> together = tryCompute(tasks);
      if (together != null) {
        computed.addAll(together);
        return computed;
      }
    }
    for (Task task : tasks) {
      List<double[]> alone = tryCompute(List.of(task));
      computed.add(alone == null ? null : alone.get(0));
    }
    return computed;
  }

  private @Nullable List<double[]> tryCompute(List<Task> tasks) {
    try {
      List<double[]> computed = rewards.rewards(tasks);
      if (computed.size() != tasks.size()) {
        throw new IllegalStateException(
            "rewards for " + computed.size() + " of " + tasks.size() + " requests");
      }
      return computed;
    } catch (RuntimeException e) {
      // The message may come from a library that quotes its input, so it is not logged.
      LOG.atError()
          .addKeyValue("requests", tasks.size())
          .addKeyValue("error", e.getClass().getName())
          .log("forward pass failed");
      return null;
    }
  }

  private ScoreResult answer(
      Prompt prompt, Open open, double @Nullable [] computed, ScoreTimings timings) {
    List<Candidate> candidates = open.request().getCandidates();
    if (computed == null) {
      return refuse(prompt, internal("the rewards could not be computed"), timings);
    }
    if (computed.length != candidates.size()
        || !Arrays.stream(computed).allMatch(Double::isFinite)) {
      return refuse(prompt, internal("a reward was not a finite number"), timings);
    }
    int[] ranks = Ranker.ranks(computed);
    List<CandidateScore> scores = new ArrayList<>();
    for (int i = 0; i < computed.length; i++) {
      scores.add(
          CandidateScore.newBuilder()
              .setId(candidates.get(i).getId())
              .setReward(computed[i])
              .setDomainReward(computed[i])
              .setRank(ranks[i])
              .build());
    }
    Selection selection = open.selection();
    return result(prompt, timings)
        .setCandidates(scores)
        .setBestPreferred(Arrays.stream(Ranker.bestPreferred(computed)).boxed().toList())
        .setVersions(
            ScoreVersions.newBuilder()
                .setBase(rewards.base())
                .setDomainModel(selection.name())
                .setDomainModelVersion(selection.version())
                .setHead(selection.generalHead())
                .build())
        .build();
  }

  private static ScoreResult refuse(Prompt prompt, Rejection rejection, ScoreTimings timings) {
    return result(prompt, timings)
        .setError(rejection.code())
        .setErrorMessage(rejection.message())
        .build();
  }

  private static ScoreResult.Builder result(Prompt prompt, ScoreTimings timings) {
    ScoreRequest request = prompt.request();
    return ScoreResult.newBuilder()
        .setRequestId(request == null ? "" : RequestLimits.cut(request.getRequestId()))
        .setUserId(RequestLimits.cut(request == null ? prompt.key() : request.getUserId()))
        .setDomain(
            RequestLimits.cut(Domains.orGeneral(request == null ? null : request.getDomain())))
        .setCandidates(List.of())
        .setBestPreferred(List.of())
        .setTimings(timings)
        .setError(ScoreErrorCode.NONE)
        .setSource(new Position(Topics.PROMPTS.name(), prompt.partition(), prompt.offset()));
  }

  private static Rejection internal(String message) {
    return new Rejection(ScoreErrorCode.INTERNAL, message);
  }

  /** A request that can be scored, and with what. */
  private record Open(ScoreRequest request, Selection selection) {
    Task task() {
      return new Task(request, selection.model(), selection.head());
    }
  }
}
