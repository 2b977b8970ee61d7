package dev.attune.cli.serving;

import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TokenBatch;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.UserState;
import dev.attune.model.reward.ResidentModel;
import dev.attune.model.reward.RewardScorer;
import dev.attune.model.reward.RewardWeights;
import dev.attune.model.reward.ScoreItem;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Turn;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ScoreRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/**
 * The passes that a reward takes, called directly: the reward model's, and the features' for the
 * user's head. No queue, no topic, nothing kept of texts. One thread.
 */
final class DirectPasses implements AutoCloseable {
  private static final int DIGITS = 3;
  private static final long LONGEST_MICROS = TimeUnit.MINUTES.toMicros(10);

  private final RewardScorer scorer;
  private final ResidentModel model;
  private final ReplyFeatures features;
  private final Policy policy;
  private final Function<String, UserState> users;
  private final DialogueTemplate template;

  /**
   * @param base not closed here
   * @param users their states, by their ids
   */
  DirectPasses(
      BaseModel base, RewardWeights weights, Policy policy, Function<String, UserState> users) {
    this.policy = policy;
    this.users = users;
    this.scorer = new RewardScorer(base);
    this.model = scorer.load(weights);
    this.features = new ReplyFeatures(base, policy.promptTokens(), policy.replyTokens());
    this.template =
        new DialogueTemplate(base.tokenizer(), weights.promptTokens(), weights.replyTokens());
  }

  /** The tokens of a request as they are read. */
  TokenBatch.Row tokens(ScoreRequest request) {
    return new TokenBatch.Row(
        template.prompt(prompt(request)),
        request.getCandidates().stream().map(each -> template.reply(each.getText())).toList());
  }

  /** Rewards of requests that go together; for each its candidates', in order. */
  List<double[]> together(List<ScoreRequest> requests) {
    List<ScoreItem> items = new ArrayList<>();
    List<ReplyFeatures.Candidates> read = new ArrayList<>();
    for (ScoreRequest request : requests) {
      List<Turn> prompt = prompt(request);
      List<String> replies = request.getCandidates().stream().map(Candidate::getText).toList();
      items.add(new ScoreItem(prompt, replies, model, RewardWeights.POOLED));
      read.add(new ReplyFeatures.Candidates(prompt, replies));
    }
    List<double[]> rewards = scorer.score(items);
    List<float[][]> states = features.of(read);
    for (int i = 0; i < rewards.size(); i++) {
      UserState user = users.apply(requests.get(i).getUserId());
      for (int j = 0; j < rewards.get(i).length; j++) {
        rewards.get(i)[j] += personal(user, states.get(i)[j]);
      }
    }
    return rewards;
  }

  /** Rewards of a request, a pass for each candidate alone. */
  double[] oneByOne(ScoreRequest request) {
    double[] rewards = new double[request.getCandidates().size()];
    for (int i = 0; i < rewards.length; i++) {
      ScoreRequest alone =
          ScoreRequest.newBuilder(request)
              .setCandidates(List.of(request.getCandidates().get(i)))
              .build();
      rewards[i] = together(List.of(alone)).get(0)[0];
    }
    return rewards;
  }

  /** How many requests a second pass, one candidate after the other, in order of arrival. */
  Throughput oneByOne(double seconds, Supplier<ScoreRequest> requests) {
    return measure(seconds, 1, requests, batch -> oneByOne(batch.get(0)));
  }

  /** How many requests a second pass in batches of this size. */
  Throughput together(double seconds, int batch, Supplier<ScoreRequest> requests) {
    return measure(seconds, batch, requests, this::together);
  }

  private static Throughput measure(
      double seconds,
      int size,
      Supplier<ScoreRequest> requests,
      Function<List<ScoreRequest>, Object> pass) {
    Histogram micros = new Histogram(LONGEST_MICROS, DIGITS);
    long spent = 0;
    long done = 0;
    do {
      List<ScoreRequest> batch = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        batch.add(requests.get());
      }
      long from = System.nanoTime();
      Object unused = pass.apply(batch);
      long nanos = System.nanoTime() - from;
      spent += nanos;
      done += size;
      micros.recordValue(Math.min(LONGEST_MICROS, TimeUnit.NANOSECONDS.toMicros(nanos)));
    } while (spent < seconds * TimeUnit.SECONDS.toNanos(1));
    return new Throughput(done * 1e9 / spent, micros);
  }

  private double personal(UserState user, float[] read) {
    float[] coordinates = policy.coordinates(read);
    double[] x = new double[coordinates.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = coordinates[i];
    }
    return user.head().score(x);
  }

  private static List<Turn> prompt(ScoreRequest request) {
    return request.getPrompt().stream()
        .map(turn -> new Turn(turn.getRole(), turn.getText()))
        .toList();
  }

  @Override
  public void close() {
    features.close();
    model.close();
    scorer.close();
  }
}
