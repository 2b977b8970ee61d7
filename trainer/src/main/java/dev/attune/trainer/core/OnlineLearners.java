package dev.attune.trainer.core;

import dev.attune.model.lm.BaseModel;
import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.LearnedBatch;
import dev.attune.model.reward.LearnerCounts;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.OnlineRewardLearner;
import dev.attune.model.reward.Prediction;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.ResidentModel;
import dev.attune.model.reward.RewardScorer;
import dev.attune.model.reward.RewardWeights;
import dev.attune.model.reward.UserKey;
import dev.attune.model.text.Turn;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Reply;
import dev.attune.trainer.gate.CalibrationLearner;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Learners of {@link OnlineRewardLearner} on one base, which stays the caller's to close. */
public final class OnlineLearners implements LearnerFactory {
  private final BaseModel base;
  private final OnlineConfig config;
  private final Provenance provenance;

  /**
   * @param rewards how the models are published; for the configuration's hash
   * @param codeVersion the version of this program, for manifests
   */
  public OnlineLearners(
      BaseModel base, OnlineConfig config, RewardsConfig rewards, String codeVersion) {
    this.base = base;
    this.config = config;
    // A record's text names every component with its value.
    this.provenance = Provenance.of(base, codeVersion, config.toString() + rewards);
  }

  @Override
  public Provenance provenance() {
    return provenance;
  }

  @Override
  public RewardLearner general() {
    return new Learner(OnlineRewardLearner.general(base, config));
  }

  @Override
  public RewardLearner customized(Optional<GeneralModel> general) {
    return new Learner(
        OnlineRewardLearner.customized(
            base,
            config,
            general.map(model -> RewardWeights.read(model.weights())).orElse(null),
            general.map(model -> model.state().learner()).orElse(null)));
  }

  @Override
  public RewardLearner restore(String modelName, byte[] state) {
    try {
      return new Learner(OnlineRewardLearner.restore(base, config, state));
    } catch (IllegalArgumentException e) {
      throw new TrainerException(
          "model " + modelName + " cannot go on with the present settings: " + e.getMessage(), e);
    }
  }

  @Override
  public List<EncodedExample> generalSet(GeneralModel general, int count) {
    return OnlineRewardLearner.generalSet(
        config, RewardWeights.read(general.weights()), general.state().learner(), count);
  }

  @Override
  public List<Prediction> predict(byte[] weights, List<EncodedExample> examples) {
    try (RewardScorer scorer = new RewardScorer(base);
        ResidentModel model = scorer.load(RewardWeights.read(weights))) {
      return scorer.predict(model, examples);
    }
  }

  /** The events of a bucket, in order. */
  public static List<PreferenceExample> examples(PreferenceBucket bucket) {
    long user = UserKey.of(bucket.getUserId());
    return bucket.getFeedback().stream()
        .map(feedback -> example(feedback, bucket.getUserText(), user))
        .toList();
  }

  /**
   * One event.
   *
   * @param userText what the user says of themself; null is nothing
   * @param user the user's key; see {@link UserKey}
   */
  public static PreferenceExample example(Feedback feedback, @Nullable String userText, long user) {
    return new PreferenceExample(
        feedback.getPrompt().stream()
            .map(turn -> new Turn(turn.getRole(), turn.getText()))
            .toList(),
        feedback.getReplies().stream().map(Reply::getText).toList(),
        feedback.getComparisons().stream()
            .map(
                comparison ->
                    new PreferenceExample.Pair(
                        comparison.getPreferred(),
                        comparison.getOther(),
                        comparison.getWeight(),
                        comparison.getMargin(),
                        comparison.getTie()))
            .toList(),
        feedback.getJudgements().stream()
            .map(
                judgement ->
                    new PreferenceExample.Judgement(
                        judgement.getReply(), judgement.getGood(), judgement.getWeight()))
            .toList(),
        userText,
        user,
        CalibrationLearner.served(feedback));
  }

  private record Learner(OnlineRewardLearner learner) implements RewardLearner {
    @Override
    public List<LearnedBatch> accept(String head, PreferenceBucket bucket) {
      return learner.accept(head, examples(bucket));
    }

    @Override
    public byte[] weights() {
      return learner.weights().toBytes();
    }

    @Override
    public byte[] state() {
      return learner.state();
    }

    @Override
    public LearnerCounts counts() {
      return learner.counts();
    }

    @Override
    public Map<String, Double> metrics() {
      return learner.metrics();
    }

    @Override
    public void fallBack(byte[] earlier) {
      learner.fallBack(earlier);
    }

    @Override
    public void boost(double factor, int steps) {
      learner.boost(factor, steps);
    }

    @Override
    public int forget(long user) {
      return learner.forget(user);
    }

    @Override
    public void close() {
      learner.close();
    }
  }
}
