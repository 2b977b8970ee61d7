package dev.attune.ingest.join;

import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.ScoreResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Feedback with what was served for its replies. Pure. */
final class ServedFeedback {
  private ServedFeedback() {}

  /**
   * The feedback with the result's rewards, features and versions. A text that the user wrote was
   * not scored and gets none; nor is there a probability where it is part of the first comparison.
   *
   * @return empty: a reply that was shown is no candidate of the result
   */
  static Optional<Feedback> of(Feedback feedback, ScoreResult result) {
    Map<String, CandidateScore> scores =
        result.getCandidates().stream()
            .collect(
                Collectors.toMap(
                    CandidateScore::getId, Function.identity(), (first, second) -> first));
    List<Reply> replies = new ArrayList<>();
    for (Reply reply : feedback.getReplies()) {
      CandidateScore score = scores.get(reply.getId());
      if (reply.getPosition() < 0) {
        replies.add(reply);
      } else if (score == null) {
        return Optional.empty();
      } else {
        replies.add(
            new Reply(
                reply.getId(),
                reply.getText(),
                score.getFeatures(),
                reply.getPosition(),
                score.getReward(),
                score.getComponents()));
      }
    }
    return Optional.of(
        new Feedback(
            feedback.getEventId(),
            feedback.getRevision(),
            feedback.getOffset(),
            feedback.getOccurredAt(),
            feedback.getPrompt(),
            replies,
            feedback.getComparisons(),
            feedback.getJudgements(),
            probability(feedback.getComparisons(), replies),
            feedback.getShown(),
            result.getVersions()));
  }

  /** σ(reward(preferred) − reward(other)) of the first comparison that is no tie. */
  private static @Nullable Double probability(List<Comparison> comparisons, List<Reply> replies) {
    for (Comparison comparison : comparisons) {
      if (!comparison.getTie()) {
        Double preferred = replies.get(comparison.getPreferred()).getServedReward();
        Double other = replies.get(comparison.getOther()).getServedReward();
        return preferred == null || other == null ? null : 1 / (1 + Math.exp(other - preferred));
      }
    }
    return null;
  }
}
