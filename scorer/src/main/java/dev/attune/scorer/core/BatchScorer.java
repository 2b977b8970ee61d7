package dev.attune.scorer.core;

import dev.attune.model.policy.UserState;
import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreTimings;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.scorer.core.ModelDirectory.SelectedCalibration;
import dev.attune.scorer.core.ModelDirectory.Selection;
import dev.attune.scorer.core.RewardFunction.LoadedPolicy;
import dev.attune.scorer.core.RewardFunction.Parts;
import dev.attune.scorer.core.RewardFunction.Task;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers a batch: exactly one {@link ScoreResult} for each record, rewards or an error code.
 *
 * <p>All requests of a batch see the same set of models. A user without a state gets what every
 * such user gets, to the bit. Where a forward pass fails, its requests are tried one by one, so
 * that one of them cannot take the others along. One thread at a time.
 */
public final class BatchScorer {
  private final RewardFunction rewards;
  private final ModelDirectory models;
  private final UserStates users;
  private final RowDomains rowDomains;
  private final InstantSource clock;

  public BatchScorer(
      RewardFunction rewards,
      ModelDirectory models,
      UserStates users,
      RowDomains rowDomains,
      InstantSource clock) {
    this.rewards = rewards;
    this.models = models;
    this.users = users;
    this.rowDomains = rowDomains;
    this.clock = clock;
  }

  /** The answers, in the order of the records. */
  public List<ScoreResult> score(List<Prompt> batch) {
    Instant start = clock.instant();
    List<Open> open = new ArrayList<>();
    List<@Nullable Rejection> rejections = new ArrayList<>();
    List<@Nullable Parts> computed;
    double milliseconds;
    try (ModelDirectory.Lease lease = models.lease()) {
      for (Prompt prompt : batch) {
        Rejection rejection = rejection(prompt, start);
        rejections.add(rejection);
        if (rejection == null) {
          open.add(open(prompt, lease));
        }
      }
      long before = System.nanoTime();
      List<Task> tasks = new ArrayList<>(open.stream().map(Open::task).toList());
      open.forEach(one -> one.past.forEach(event -> tasks.add(one.task(event))));
      computed = FaultIsolation.compute(tasks, rewards::parts);
      milliseconds = (System.nanoTime() - before) / 1e6;
    }
    List<ScoreResult> results = new ArrayList<>();
    int next = 0;
    int nextPast = open.size();
    for (int i = 0; i < batch.size(); i++) {
      Prompt prompt = batch.get(i);
      double queued = Math.max(0, Duration.between(prompt.appendedAt(), start).toNanos() / 1e6);
      Rejection rejection = rejections.get(i);
      if (rejection == null) {
        ScoreTimings timings = new ScoreTimings(queued, milliseconds);
        Open one = open.get(next);
        List<@Nullable Parts> past = computed.subList(nextPast, nextPast + one.past.size());
        results.add(answer(prompt, one, computed.get(next), past, timings));
        next++;
        nextPast += past.size();
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

  private Open open(Prompt prompt, ModelDirectory.Lease lease) {
    ScoreRequest request = prompt.request();
    String domain = Domains.orGeneral(request.getDomain());
    Selection selection = lease.select(domain);
    SelectedCalibration calibration = lease.calibration(domain);
    LoadedPolicy policy = lease.policy();
    ServedUser user = policy == null ? null : ServedUser.of(users, request.getUserId(), policy);
    boolean recalls = prompt.past() != null && user != null && user.known() != null;
    return new Open(
        request,
        selection,
        calibration,
        user,
        user != null && rowDomains.allow(domain) ? user.withRow() : null,
        recalls ? prompt.past().getNow(List.of()) : List.of());
  }

  private ScoreResult answer(
      Prompt prompt,
      Open open,
      @Nullable Parts parts,
      List<@Nullable Parts> past,
      ScoreTimings timings) {
    List<Candidate> candidates = open.request.getCandidates();
    if (parts == null) {
      return refuse(prompt, internal("the rewards could not be computed"), timings);
    }
    ServedUser user = open.user;
    List<CandidateScore.Builder> builders =
        CandidateRewards.combine(
            parts, open.calibration.calibration(), user == null ? null : user.state());
    double[] combined = builders.stream().mapToDouble(CandidateScore.Builder::getReward).toArray();
    if (combined.length != candidates.size()
        || !Arrays.stream(combined).allMatch(Double::isFinite)) {
      return refuse(prompt, internal("a reward was not a finite number"), timings);
    }
    int[] ranks = Ranker.ranks(combined);
    boolean written = prompt.replies() != null;
    List<CandidateScore> scores = new ArrayList<>();
    for (int i = 0; i < combined.length; i++) {
      Candidate candidate = candidates.get(i);
      scores.add(
          builders
              .get(i)
              .setId(candidate.getId())
              .setRank(ranks[i])
              .setText(written ? candidate.getText() : null)
              .build());
    }
    if (written) {
      scores.sort(Comparator.comparing(CandidateScore::getRank));
    }
    KnownUser known = user == null ? null : user.known();
    return result(prompt, timings)
        .setExplanation(
            open.request.getExplain() && scores.size() > 1
                ? Explainer.explain(
                    scores,
                    open.calibration.calibration(),
                    known == null ? null : user.state().head(),
                    recalled(open.past, past))
                : null)
        .setCandidates(scores)
        .setBestPreferred(bestPreferred(scores))
        .setVersions(versions(open))
        .setIncluded(known == null ? null : known.included())
        .setRowIncluded(known == null ? null : known.rowIncluded())
        .build();
  }

  private static List<Double> bestPreferred(List<CandidateScore> scores) {
    double[] rewards = scores.stream().mapToDouble(CandidateScore::getReward).toArray();
    return Arrays.stream(Ranker.bestPreferred(rewards)).boxed().toList();
  }

  private static List<Explainer.Recalled> recalled(
      List<PastEvent> events, List<@Nullable Parts> parts) {
    List<Explainer.Recalled> recalled = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      Parts its = parts.get(i);
      if (its != null && its.coordinates() != null) {
        recalled.add(new Explainer.Recalled(events.get(i), its.coordinates()));
      }
    }
    return recalled;
  }

  private ScoreVersions versions(Open open) {
    ServedUser user = open.user;
    Selection selection = open.selection;
    return ScoreVersions.newBuilder()
        .setBase(rewards.base())
        .setDomainModel(selection.name())
        .setDomainModelVersion(selection.version())
        .setHead(selection.generalHead())
        .setCalibration(open.calibration.version())
        .setPolicy(user == null ? null : user.state().epoch())
        .setUserRow(user == null || user.known() == null ? null : user.state().rowEvents())
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
        .setSource(
            prompt.direct()
                ? null
                : new Position(Topics.PROMPTS.name(), prompt.partition(), prompt.offset()));
  }

  private static Rejection internal(String message) {
    return new Rejection(ScoreErrorCode.INTERNAL, message);
  }

  /**
   * A request that can be scored, and with what.
   *
   * @param user null without a policy
   * @param row what r_p is computed with; null where it is not wanted
   * @param past the user's events whose influence is asked for
   */
  private record Open(
      ScoreRequest request,
      Selection selection,
      SelectedCalibration calibration,
      @Nullable ServedUser user,
      @Nullable UserState row,
      List<PastEvent> past) {
    /** For an event's coordinates alone. */
    Task task(PastEvent event) {
      Feedback feedback = event.feedback();
      ScoreRequest replies =
          ScoreRequest.newBuilder()
              .setRequestId("")
              .setUserId(request.getUserId())
              .setPrompt(feedback.getPrompt())
              .setCandidates(
                  feedback.getReplies().stream()
                      .map(reply -> new Candidate(reply.getId(), reply.getText()))
                      .toList())
              .build();
      return new Task(
          replies, null, Domains.POOLED_HEAD, user == null ? null : user.policy(), null);
    }

    Task task() {
      return new Task(
          request, selection.model(), selection.head(), user == null ? null : user.policy(), row);
    }
  }
}
