package dev.attune.scorer.core;

import dev.attune.model.head.Calibration;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.policy.UserState;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.RewardComponents;
import dev.attune.scorer.core.RewardFunction.Parts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts rewards together from their parts: reward = a·r_d + b·r_h + c·r_p with r_h = ⟨w, x⟩ under
 * what is believed of the user's head; the first term is the domain's, the others are personal.
 */
final class CandidateRewards {
  private CandidateRewards() {}

  /**
   * Fills in everything of each candidate but its id and rank, in fp64.
   *
   * @param state in the epoch of the coordinates; null exactly where they are
   */
  static List<CandidateScore.Builder> combine(
      Parts parts, Calibration calibration, @Nullable UserState state) {
    List<CandidateScore.Builder> scores = new ArrayList<>();
    for (int i = 0; i < parts.domain().length; i++) {
      RewardComponents components = new RewardComponents(parts.domain()[i], null, null, null);
      double domain = calibration.domain() * components.getDomain();
      CandidateScore.Builder score =
          CandidateScore.newBuilder()
              .setReward(domain)
              .setDomainReward(domain)
              .setComponents(components);
      if (parts.coordinates() != null && state != null) {
        Double row = parts.row() == null ? null : parts.row()[i];
        personal(score, calibration, state.head(), parts.coordinates()[i], row);
      }
      scores.add(score);
    }
    return scores;
  }

  private static void personal(
      CandidateScore.Builder score,
      Calibration calibration,
      GaussianWeights head,
      float[] coordinates,
      @Nullable Double row) {
    List<Float> features = new ArrayList<>();
    double[] x = new double[coordinates.length];
    for (int i = 0; i < x.length; i++) {
      features.add(coordinates[i]);
      x[i] = coordinates[i];
    }
    RewardComponents components = score.getComponents();
    components.setHead(head.score(x));
    components.setHeadVariance(head.variance(x));
    components.setRow(row);
    double personal =
        calibration.head() * components.getHead() + (row == null ? 0 : calibration.row() * row);
    score
        .setFeatures(features)
        .setPersonalReward(personal)
        .setReward(score.getDomainReward() + personal)
        .setStandardDeviation(
            Math.abs(calibration.head()) * Math.sqrt(components.getHeadVariance()));
  }
}
