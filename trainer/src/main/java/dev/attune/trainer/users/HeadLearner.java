package dev.attune.trainer.users;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.Observation;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.UserState;
import dev.attune.schemas.ServedRewards;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.Reply;
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

  /** What an event teaches, so that its coordinates are looked for once. */
  static final class Lessons {
    private final List<Observation> lessons = new ArrayList<>();
    private final List<Double> longer = new ArrayList<>();
  }

  @Override
  public UserState learn(UserState state, PastEvent event) {
    return learn(state, lessons(event.feedback()));
  }

  UserState learn(UserState state, Lessons event) {
    GaussianWeights head = state.head();
    for (Observation lesson : event.lessons) {
      head = lesson.learn(head);
    }
    return state.withHead(head, state.events() + 1);
  }

  @Override
  public UserState forget(UserState state, PastEvent event) {
    GaussianWeights head = state.head();
    List<Observation> lessons = lessons(event.feedback()).lessons;
    for (int i = lessons.size() - 1; i >= 0; i--) {
      head = lessons.get(i).forget(head);
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
  List<Prediction> predict(UserState state, Lessons event) {
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < event.longer.size(); i++) {
      Observation lesson = event.lessons.get(i);
      predictions.add(
          new Prediction(
              state.events(),
              logOdds(state.head(), lesson),
              logOdds(policy.prior(), lesson),
              event.longer.get(i),
              lesson.target(),
              lesson.weight()));
    }
    return predictions;
  }

  /** MacKay 1992, as {@link GaussianWeights#probability}. */
  private static double logOdds(GaussianWeights head, Observation lesson) {
    return (head.score(lesson.x()) + lesson.offset())
        / Math.sqrt(1 + Math.PI * head.variance(lesson.x()) / 8);
  }

  /** What an event teaches: its comparisons first, then its judgements. */
  Lessons lessons(Feedback feedback) {
    Lessons lessons = new Lessons();
    List<Reply> replies = feedback.getReplies();
    double[][] known = new double[replies.size()][];
    for (Comparison comparison : feedback.getComparisons()) {
      lessons.lessons.add(
          Observation.comparison(
              coordinates(known, feedback, comparison.getPreferred()),
              coordinates(known, feedback, comparison.getOther()),
              ServedRewards.domainLead(feedback, comparison),
              comparison.getTie(),
              comparison.getWeight()));
      lessons.longer.add(
          (double)
              (replies.get(comparison.getPreferred()).getText().length()
                  - replies.get(comparison.getOther()).getText().length()));
    }
    for (Judgement judgement : feedback.getJudgements()) {
      lessons.lessons.add(
          Observation.judgement(
              coordinates(known, feedback, judgement.getReply()),
              judgement.getGood(),
              judgement.getWeight()));
    }
    return lessons;
  }

  private double[] coordinates(double[][] known, Feedback feedback, int reply) {
    if (known[reply] == null) {
      known[reply] = coordinates.of(feedback, reply);
    }
    return known[reply];
  }
}
