package dev.attune.model.policy;

import dev.attune.model.head.BasisChange;
import dev.attune.model.head.FeaturePair;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.head.Observation;
import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Learns the next epoch of a policy from a sample of users' events: the basis of heads and their
 * prior on what the domains' rewards leave, the map from the basis before, and, where configured,
 * the personal policy with its subspace of rows.
 *
 * <p>An epoch is made only where it predicts better: a trial that is learned from the older events
 * must not have a higher mean log-loss on the newest ones than the policy before has, when the same
 * users' heads learn event after event under each.
 *
 * <p>The same policy and events give the same epoch, bit for bit (same precision and number of
 * threads), whatever was learned before. One thread at a time.
 */
public final class PolicyLearner {
  /** One event in so many, the newest, is for the test. */
  private static final int TESTED = 4;

  /** Steps from earlier epochs that a policy carries; states that are older begin anew. */
  private static final int CHANGES = 64;

  private final BaseModel base;
  private final PolicyConfig config;
  private final Map<ReplyFeatures.Candidates, float[][]> known = new HashMap<>();

  /**
   * What came of an epoch.
   *
   * @param policy the new one; empty where it was worse than the one before, or there was nothing
   *     to learn it from
   * @param tested comparisons that both were tested on
   * @param before mean log-loss of the policy before; 0 of no comparisons
   * @param after the same of the trial
   */
  public record Epoch(Optional<Policy> policy, int tested, double before, double after) {}

  /** An event with its replies' features, [replies][d]. */
  private record Read(UserEvent event, float[][] features) {
    FeaturePair pair(Pair pair) {
      return new FeaturePair(
          features[pair.preferred()], features[pair.other()], event.offset(pair));
    }
  }

  private record Heads(HeadBasis basis, GaussianWeights prior) {}

  private record Loss(int comparisons, double mean) {}

  /** Learns with a base, which stays the caller's to close. */
  public PolicyLearner(BaseModel base, PolicyConfig config) {
    this.base = base;
    this.config = config;
  }

  /** The first epoch; see {@link PolicyStart}. */
  public Policy start() {
    return PolicyStart.of(base, config);
  }

  /**
   * Learns the epoch after {@code previous}.
   *
   * @param events oldest first
   * @param goOn asked now and then; false ends it
   * @throws CancellationException if it was ended
   * @throws IllegalArgumentException if the configuration of rows does not fit those of {@code
   *     previous}
   */
  public Epoch next(Policy previous, List<UserEvent> events, BooleanSupplier goOn) {
    List<Read> read = read(previous, events, goOn);
    int older = read.size() - (read.size() + TESTED - 1) / TESTED;
    Optional<Heads> trial = fit(read.subList(0, older), goOn);
    if (trial.isEmpty()) {
      return new Epoch(Optional.empty(), 0, 0, 0);
    }
    Loss before = loss(new Heads(previous.basis(), previous.prior()), read, older);
    Loss after = loss(trial.get(), read, older);
    Optional<Policy> policy = Optional.empty();
    if (after.mean() <= before.mean()) {
      policy = fit(read, goOn).map(heads -> policy(previous, heads, read, goOn));
    }
    return new Epoch(policy, after.comparisons(), before.mean(), after.mean());
  }

  private Policy policy(Policy previous, Heads heads, List<Read> read, BooleanSupplier goOn) {
    List<FeaturePair> sample =
        read.stream().flatMap(one -> one.event().event().pairs().stream().map(one::pair)).toList();
    List<EpochChange> changes = new ArrayList<>(previous.changes());
    changes.add(
        new EpochChange(
            previous.epoch(),
            BasisChange.between(previous.basis(), heads.basis(), sample),
            previous.prior(),
            previous.rows()));
    RowTraining.Trained rows =
        config.rows() == null
            ? new RowTraining.Trained(previous.weights(), previous.rows())
            : new RowTraining(base, config)
                .train(previous, read.stream().map(Read::event).toList(), goOn);
    return new Policy(
        previous.epoch() + 1,
        previous.base(),
        previous.promptTokens(),
        previous.replyTokens(),
        heads.basis(),
        heads.prior(),
        rows.weights(),
        rows.subspace(),
        changes.subList(Math.max(0, changes.size() - CHANGES), changes.size()));
  }

  // ---- heads ----------------------------------------------------------------------------------

  /** Empty where nothing was preferred to anything. */
  private Optional<Heads> fit(List<Read> read, BooleanSupplier goOn) {
    Map<String, List<FeaturePair>> preferences = new LinkedHashMap<>();
    for (Read one : read) {
      for (Pair pair : one.event().event().pairs()) {
        if (!pair.tie()) {
          preferences
              .computeIfAbsent(one.event().user(), user -> new ArrayList<>())
              .add(one.pair(pair));
        }
      }
    }
    if (preferences.isEmpty()) {
      return Optional.empty();
    }
    requireGoOn(goOn);
    HeadBasis basis = config.basis().learnWithLength(preferences.values());
    requireGoOn(goOn);
    Map<String, List<Observation>> observed = new LinkedHashMap<>();
    for (Read one : read) {
      observed
          .computeIfAbsent(one.event().user(), user -> new ArrayList<>())
          .addAll(observations(basis, one));
    }
    double[] variances = HeadVariances.of(basis, config.prior().variance());
    return Optional.of(new Heads(basis, config.prior().fit(variances, observed.values())));
  }

  /** The comparisons first, then the judgements, of which no offset is known. */
  private static List<Observation> observations(HeadBasis basis, Read read) {
    List<Observation> observations = new ArrayList<>();
    PreferenceExample event = read.event().event();
    for (Pair pair : event.pairs()) {
      FeaturePair features = read.pair(pair);
      observations.add(
          new Observation(
              basis.difference(features), features.offset(), pair.tie() ? 0.5 : 1, pair.weight()));
    }
    for (Judgement judgement : event.judgements()) {
      observations.add(
          Observation.judgement(
              basis.reply(read.features()[judgement.reply()]),
              judgement.good(),
              judgement.weight()));
    }
    return observations;
  }

  /** Predicts each comparison from an index on, and learns each event after it was predicted. */
  private static Loss loss(Heads heads, List<Read> read, int from) {
    Map<String, GaussianWeights> users = new HashMap<>();
    int comparisons = 0;
    double sum = 0;
    for (int i = 0; i < read.size(); i++) {
      Read one = read.get(i);
      GaussianWeights head = users.getOrDefault(one.event().user(), heads.prior());
      List<Observation> observations = observations(heads.basis(), one);
      int pairs = one.event().event().pairs().size();
      for (int p = 0; p < pairs && i >= from; p++) {
        sum += logLoss(head, observations.get(p));
        comparisons++;
      }
      for (Observation observation : observations) {
        head = observation.learn(head);
      }
      users.put(one.event().user(), head);
    }
    return new Loss(comparisons, comparisons == 0 ? 0 : sum / comparisons);
  }

  private static double logLoss(GaussianWeights head, Observation observation) {
    double[] x = observation.x();
    double p = GaussianWeights.probability(head.score(x) + observation.offset(), head.variance(x));
    return -observation.target() * Math.log(p) - (1 - observation.target()) * Math.log1p(-p);
  }

  // ---- features -------------------------------------------------------------------------------

  /** Each event has a pass of its own: its features do not depend on what else is read. */
  private List<Read> read(Policy previous, List<UserEvent> events, BooleanSupplier goOn) {
    List<Read> read = new ArrayList<>();
    Map<ReplyFeatures.Candidates, float[][]> used = new HashMap<>();
    try (ReplyFeatures reader =
        new ReplyFeatures(base, previous.promptTokens(), previous.replyTokens())) {
      for (UserEvent event : events) {
        requireGoOn(goOn);
        ReplyFeatures.Candidates texts =
            new ReplyFeatures.Candidates(event.event().prompt(), event.event().replies());
        float @Nullable [][] features = used.getOrDefault(texts, known.get(texts));
        if (features == null) {
          features = reader.of(List.of(texts)).get(0);
          known.put(texts, features);
        }
        used.put(texts, features);
        read.add(new Read(event, features));
      }
    }
    known.keySet().retainAll(used.keySet());
    return read;
  }

  static void requireGoOn(BooleanSupplier goOn) {
    if (!goOn.getAsBoolean()) {
      throw new CancellationException("the epoch was not wanted any more");
    }
  }
}
