package dev.attune.trainer.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.LearnedBatch;
import dev.attune.model.reward.LearnerCounts;
import dev.attune.model.reward.Prediction;
import dev.attune.model.reward.UserKey;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Learners whose weights are a hash over everything learned in its order, in batches of four
 * events: any loss, repeat or change of order shows.
 */
public final class FakeLearners implements LearnerFactory {
  private static final int BATCH = 4;

  private final Provenance provenance;
  private final Runnable beforeLearning;

  public FakeLearners() {
    this("base-1", () -> {});
  }

  /**
   * @param beforeLearning run between two events of a bucket
   */
  public FakeLearners(String base, Runnable beforeLearning) {
    this.provenance = new Provenance(base, "fp32", "test", "config-1");
    this.beforeLearning = beforeLearning;
  }

  @Override
  public Provenance provenance() {
    return provenance;
  }

  @Override
  public RewardLearner general() {
    return new Fake(Chunks.sha256("general".getBytes(UTF_8)));
  }

  @Override
  public RewardLearner customized(Optional<GeneralModel> general) {
    return new Fake(
        general.map(model -> Chunks.sha256(model.weights())).orElse(Chunks.sha256(new byte[0])));
  }

  @Override
  public RewardLearner restore(String modelName, byte[] state) {
    List<String> lines = new String(state, UTF_8).lines().toList();
    Fake fake = new Fake(lines.get(0));
    fake.events = Long.parseLong(lines.get(1));
    fake.comparisons = Long.parseLong(lines.get(2));
    fake.judgements = Long.parseLong(lines.get(3));
    fake.steps = Long.parseLong(lines.get(4));
    fake.pending.addAll(lines.subList(5, lines.size()));
    return fake;
  }

  @Override
  public List<EncodedExample> generalSet(GeneralModel general, int count) {
    return List.of();
  }

  @Override
  public List<Prediction> predict(byte[] weights, List<EncodedExample> examples) {
    return examples.stream().map(Prediction::untrained).toList();
  }

  private final class Fake implements RewardLearner {
    private String weights;
    private long events;
    private long comparisons;
    private long judgements;
    private long steps;
    private final List<String> pending = new ArrayList<>();

    Fake(String weights) {
      this.weights = weights;
    }

    @Override
    public List<LearnedBatch> accept(String head, PreferenceBucket bucket) {
      for (Feedback feedback : bucket.getFeedback()) {
        beforeLearning.run();
        pending.add(
            "%s %d %d %d %s"
                .formatted(
                    head,
                    feedback.getComparisons().size(),
                    feedback.getJudgements().size(),
                    UserKey.of(bucket.getUserId()),
                    feedback.getEventId()));
        if (pending.size() == BATCH) {
          events += BATCH;
          comparisons += waiting(1);
          judgements += waiting(2);
          steps++;
          weights = Chunks.sha256((weights + pending).getBytes(UTF_8));
          pending.clear();
        }
      }
      return List.of();
    }

    @Override
    public byte[] weights() {
      return weights.getBytes(UTF_8);
    }

    @Override
    public byte[] state() {
      List<String> lines =
          new ArrayList<>(
              List.of(
                  weights,
                  String.valueOf(events),
                  String.valueOf(comparisons),
                  String.valueOf(judgements),
                  String.valueOf(steps)));
      lines.addAll(pending);
      return String.join("\n", lines).getBytes(UTF_8);
    }

    @Override
    public LearnerCounts counts() {
      return new LearnerCounts(
          events, comparisons, judgements, pending.size(), waiting(1), waiting(2), 0, steps);
    }

    @Override
    public Map<String, Double> metrics() {
      return Map.of("accuracy", 0.5);
    }

    @Override
    public void fallBack(byte[] earlier) {
      weights = new String(earlier, UTF_8).lines().findFirst().orElseThrow();
    }

    @Override
    public void boost(double factor, int steps) {}

    @Override
    public int forget(long user) {
      int before = pending.size();
      pending.removeIf(line -> line.split(" ", -1)[3].equals(Long.toString(user)));
      return before - pending.size();
    }

    @Override
    public void close() {}

    private long waiting(int column) {
      return pending.stream().mapToLong(line -> Long.parseLong(line.split(" ", -1)[column])).sum();
    }
  }
}
