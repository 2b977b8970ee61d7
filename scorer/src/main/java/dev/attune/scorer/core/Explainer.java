package dev.attune.scorer.core;

import dev.attune.model.head.Calibration;
import dev.attune.model.head.GaussianWeights;
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
    List<Lesson> lessons = lessons(recalled.event().feedback(), recalled.coordinates());
    GaussianWeights rest = head;
    for (int i = lessons.size() - 1; i >= 0; i--) {
      Lesson lesson = lessons.get(i);
      rest =
          rest.forget(lesson.x, rest.score(lesson.x) + lesson.offset, lesson.target, lesson.weight);
    }
    return rest;
  }

  /** One update of a head, as the trainer makes it. */
  private record Lesson(double[] x, double offset, double target, double weight) {}

  private static List<Lesson> lessons(Feedback feedback, float[][] coordinates) {
    List<Lesson> lessons = new ArrayList<>();
    for (Comparison comparison : feedback.getComparisons()) {
      float[] preferred = coordinates[comparison.getPreferred()];
      float[] other = coordinates[comparison.getOther()];
      double[] x = new double[preferred.length];
      for (int i = 0; i < x.length; i++) {
        x[i] = (double) preferred[i] - other[i];
      }
      lessons.add(
          new Lesson(
              x,
              served(feedback, comparison.getPreferred()) - served(feedback, comparison.getOther()),
              comparison.getTie() ? 0.5 : 1,
              comparison.getWeight()));
    }
    for (Judgement judgement : feedback.getJudgements()) {
      float[] reply = coordinates[judgement.getReply()];
      double[] x = new double[reply.length];
      for (int i = 0; i < x.length; i++) {
        x[i] = reply[i];
      }
      lessons.add(new Lesson(x, 0, judgement.getGood() ? 1 : 0, judgement.getWeight()));
    }
    return lessons;
  }

  /** What the domain's model gave the reply where it was served. */
  private static double served(Feedback feedback, int reply) {
    RewardComponents components = feedback.getReplies().get(reply).getServedComponents();
    return components == null || !Double.isFinite(components.getDomain())
        ? 0
        : components.getDomain();
  }
}
