package dev.attune.trainer.users;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.UserState;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.RewardComponents;
import java.util.ArrayList;
import java.util.List;

/**
 * Learns heads: a comparison by the difference of its replies' coordinates, beyond what the
 * domain's reward explains where it was served; a judgement by its reply's coordinates.
 */
final class HeadLearner implements EventLearner {
  private final Policy policy;
  private final ReplyCoordinates coordinates;

  HeadLearner(Policy policy, ReplyCoordinates coordinates) {
    this.policy = policy;
    this.coordinates = coordinates;
  }

  /**
   * One update.
   *
   * @param x of the comparison or the judged reply, [k]
   * @param offset what else the score has
   */
  private record Lesson(double[] x, double offset, double target, double weight) {}

  @Override
  public UserState learn(UserState state, PastEvent event) {
    GaussianWeights head = state.head();
    for (Lesson lesson : lessons(event.feedback())) {
      double score = head.score(lesson.x) + lesson.offset;
      head = head.observe(lesson.x, score, lesson.target, lesson.weight);
    }
    return state.withHead(head, state.events() + 1);
  }

  @Override
  public UserState forget(UserState state, PastEvent event) {
    GaussianWeights head = state.head();
    List<Lesson> lessons = lessons(event.feedback());
    for (int i = lessons.size() - 1; i >= 0; i--) {
      Lesson lesson = lessons.get(i);
      double score = head.score(lesson.x) + lesson.offset;
      head = head.forget(lesson.x, score, lesson.target, lesson.weight);
    }
    return state.withHead(head, Math.max(0, state.events() - 1));
  }

  @Override
  public UserState restart(UserState state) {
    return state.withHead(policy.prior(), 0);
  }

  @Override
  public long events(UserState state) {
    return state.events();
  }

  /** What is expected of the event's comparisons as things stand. */
  List<Prediction> predict(UserState state, Feedback feedback) {
    List<Prediction> predictions = new ArrayList<>();
    for (Comparison comparison : feedback.getComparisons()) {
      Lesson lesson = lesson(feedback, comparison);
      List<Reply> replies = feedback.getReplies();
      predictions.add(
          new Prediction(
              state.events(),
              logOdds(state.head(), lesson),
              logOdds(policy.prior(), lesson),
              replies.get(comparison.getPreferred()).getText().length()
                  - replies.get(comparison.getOther()).getText().length(),
              lesson.target,
              lesson.weight));
    }
    return predictions;
  }

  /** MacKay 1992, as {@link GaussianWeights#probability}. */
  private static double logOdds(GaussianWeights head, Lesson lesson) {
    return (head.score(lesson.x) + lesson.offset)
        / Math.sqrt(1 + Math.PI * head.variance(lesson.x) / 8);
  }

  private List<Lesson> lessons(Feedback feedback) {
    List<Lesson> lessons = new ArrayList<>();
    for (Comparison comparison : feedback.getComparisons()) {
      lessons.add(lesson(feedback, comparison));
    }
    for (Judgement judgement : feedback.getJudgements()) {
      lessons.add(
          new Lesson(
              coordinates.of(feedback, judgement.getReply()),
              0,
              judgement.getGood() ? 1 : 0,
              judgement.getWeight()));
    }
    return lessons;
  }

  private Lesson lesson(Feedback feedback, Comparison comparison) {
    double[] x = coordinates.of(feedback, comparison.getPreferred());
    double[] other = coordinates.of(feedback, comparison.getOther());
    for (int i = 0; i < x.length; i++) {
      x[i] -= other[i];
    }
    return new Lesson(
        x, offset(feedback, comparison), comparison.getTie() ? 0.5 : 1, comparison.getWeight());
  }

  /** By how much the domain's reward preferred what was preferred; 0 where it was not served. */
  private static double offset(Feedback feedback, Comparison comparison) {
    RewardComponents preferred =
        feedback.getReplies().get(comparison.getPreferred()).getServedComponents();
    RewardComponents other = feedback.getReplies().get(comparison.getOther()).getServedComponents();
    if (preferred == null || other == null) {
      return 0;
    }
    double offset = preferred.getDomain() - other.getDomain();
    return Double.isFinite(offset) ? offset : 0;
  }
}
