package dev.attune.scorer.core;

import dev.attune.model.head.Calibration;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.Observation;
import dev.attune.schemas.ServedRewards;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Explanation;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Influence;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.RewardComponents;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Says why the best candidate leads the next one: by which part, and by which of the user's events.
 * An event's influence is what the head's part of the lead loses where the event is taken out of
 * the head by a Newton step ({@link GaussianWeights#forget}; Guo et al. 2020, arXiv 1911.03030).
 */
final class Explainer {
  private static final int STRONGEST = 5;

  private Explainer() {}

  /**
   * An event with its replies' coordinates in the policy's epoch.
   *
   * @param coordinates [replies][k]
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier that is never compared
  record Recalled(PastEvent event, float[][] coordinates) {}

  /**
   * Explains an answer.
   *
   * @param scores two or more, with ranks
   * @param head of the user; null where nothing is known of them
   */
  static Explanation explain(
      List<CandidateScore> scores,
      Calibration calibration,
      @Nullable GaussianWeights head,
      List<Recalled> past) {
    List<CandidateScore> ranked =
        scores.stream().sorted(Comparator.comparing(CandidateScore::getRank)).toList();
    CandidateScore best = ranked.get(0);
    CandidateScore next = ranked.get(1);
    double domain = best.getDomainReward() - next.getDomainReward();
    double byHead = calibration.head() * difference(best, next, RewardComponents::getHead);
    double byRow = calibration.row() * difference(best, next, RewardComponents::getRow);
    return Explanation.newBuilder()
        .setOver(next.getId())
        .setDecidedBy(
            domain >= Math.max(byHead, byRow) ? "domain" : byHead >= byRow ? "head" : "row")
        .setDomain(domain)
        .setHead(byHead)
        .setRow(byRow)
        .setInfluences(
            head == null || best.getFeatures() == null
                ? List.of()
                : influences(head, calibration.head(), lead(best, next), past))
        .setEvents(past.size())
        .build();
  }

  private static double difference(
      CandidateScore best, CandidateScore next, Function<RewardComponents, @Nullable Double> part) {
    Double one = part.apply(best.getComponents());
    Double other = part.apply(next.getComponents());
    return one == null || other == null ? 0 : one - other;
  }

  private static double[] lead(CandidateScore best, CandidateScore next) {
    double[] lead = new double[best.getFeatures().size()];
    for (int i = 0; i < lead.length; i++) {
      lead[i] = best.getFeatures().get(i) - next.getFeatures().get(i);
    }
    return lead;
  }

  private static List<Influence> influences(
      GaussianWeights head, double scale, double[] lead, List<Recalled> past) {
    double with = head.score(lead);
    return past.stream()
        .map(
            recalled ->
                new Influence(
                    recalled.event().position(),
                    recalled.event().domain(),
                    scale * (with - without(head, recalled).score(lead))))
        .filter(influence -> Double.isFinite(influence.getInfluence()))
        .sorted(Comparator.comparingDouble(each -> -Math.abs(each.getInfluence())))
        .limit(STRONGEST)
        .toList();
  }

  /** The head as it would be without the event; what was learned last is taken out first. */
  private static GaussianWeights without(GaussianWeights head, Recalled recalled) {
    List<Observation> lessons = lessons(recalled.event().feedback(), recalled.coordinates());
    GaussianWeights rest = head;
    for (int i = lessons.size() - 1; i >= 0; i--) {
      rest = lessons.get(i).forget(rest);
    }
    return rest;
  }

  /** What the trainer has taught the head by an event. */
  private static List<Observation> lessons(Feedback feedback, float[][] coordinates) {
    List<Observation> lessons = new ArrayList<>();
    for (Comparison comparison : feedback.getComparisons()) {
      lessons.add(
          Observation.comparison(
              doubles(coordinates[comparison.getPreferred()]),
              doubles(coordinates[comparison.getOther()]),
              ServedRewards.domainLead(feedback, comparison),
              comparison.getTie(),
              comparison.getWeight()));
    }
    for (Judgement judgement : feedback.getJudgements()) {
      lessons.add(
          Observation.judgement(
              doubles(coordinates[judgement.getReply()]),
              judgement.getGood(),
              judgement.getWeight()));
    }
    return lessons;
  }

  private static double[] doubles(float[] values) {
    double[] copy = new double[values.length];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = values[i];
    }
    return copy;
  }
}
