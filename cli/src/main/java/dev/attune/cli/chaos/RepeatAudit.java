package dev.attune.cli.chaos;

import dev.attune.cli.chaos.RequestTally.RepeatCounts;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreVersions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether the same request gets the same rewards, whoever computes them and beside whatever else,
 * where the answers name the same versions and the same feedback. Not thread-safe.
 */
final class RepeatAudit {
  /** What fp32 may add to rewards of another batch; of large ones, as a share of them. */
  private static final double TOLERANCE = 1e-5;

  private record Asked(
      String userId,
      int text,
      ScoreVersions versions,
      @Nullable Position included,
      @Nullable Position rowIncluded) {}

  private final Map<Asked, List<double[]>> first = new HashMap<>();
  private long compared;
  private long different;
  private double largest;

  /** An answer that has rewards. */
  void enter(ChaosRequest request, ScoreResult result) {
    Asked asked =
        new Asked(
            request.userId(),
            request.text(),
            result.getVersions(),
            result.getIncluded(),
            result.getRowIncluded());
    List<double[]> rewards = result.getCandidates().stream().map(RepeatAudit::parts).toList();
    List<double[]> before = first.putIfAbsent(asked, rewards);
    if (before != null) {
      compared++;
      double off = difference(before, rewards);
      largest = Math.max(largest, off);
      if (!(off <= TOLERANCE)) {
        different++;
      }
    }
  }

  private static double[] parts(CandidateScore score) {
    double personal = score.getPersonalReward() == null ? 0 : score.getPersonalReward();
    return new double[] {score.getReward(), score.getDomainReward(), personal};
  }

  private static double difference(List<double[]> some, List<double[]> others) {
    double largest = 0;
    for (int i = 0; i < some.size(); i++) {
      for (int j = 0; j < some.get(i).length; j++) {
        double a = some.get(i)[j];
        double b = others.get(i)[j];
        largest = Math.max(largest, Math.abs(a - b) / Math.max(1, Math.abs(a)));
      }
    }
    return largest;
  }

  RepeatCounts counts() {
    return new RepeatCounts(compared, different, largest);
  }
}
