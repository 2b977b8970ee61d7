package dev.attune.cli.personalize;

import dev.attune.model.head.BasisLearner;
import dev.attune.model.head.FeaturePair;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.head.Observation;
import dev.attune.model.head.PopulationPrior;
import dev.attune.model.head.UserHeads;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * P-RM with a linear head: a basis and a prior from the users in training, then one Gaussian update
 * an event.
 */
final class HeadMethod implements PersonalMethod, UserStream {
  private final FeatureStore features;
  private final BasisLearner basisLearner;
  private final PopulationPrior populationPrior;
  private HeadBasis basis;
  private UserHeads heads;

  HeadMethod(FeatureStore features, BasisLearner basisLearner, PopulationPrior populationPrior) {
    this.features = features;
    this.basisLearner = basisLearner;
    this.populationPrior = populationPrior;
    // of no user, until it is trained
    this.heads = new UserHeads(GaussianWeights.independent(1, 1));
    this.basis = new HeadBasis(new float[1], new float[] {1}, List.of(new float[1]));
  }

  @Override
  public void train(List<PersonalComparison> comparisons) {
    features.read(comparisons);
    Map<String, List<FeaturePair>> users = new LinkedHashMap<>();
    for (PersonalComparison one : comparisons) {
      users.computeIfAbsent(one.user(), user -> new ArrayList<>()).add(features.pair(one));
    }
    basis = basisLearner.learn(users.values());
    List<List<Observation>> observed = new ArrayList<>();
    for (List<FeaturePair> pairs : users.values()) {
      observed.add(pairs.stream().map(basis::difference).map(Observation::preferred).toList());
    }
    heads = new UserHeads(populationPrior.fit(basis.size(), observed));
    comparisons.forEach(this::update);
  }

  @Override
  public void learn(List<PersonalComparison> events) {
    features.read(events);
    events.forEach(this::update);
  }

  private void update(PersonalComparison event) {
    heads.learn(event.user(), basis.difference(features.pair(event)), 0, 1);
  }

  @Override
  public double[] margins(List<PersonalComparison> comparisons) {
    features.read(comparisons);
    return comparisons.stream()
        .mapToDouble(
            one -> heads.head(one.user()).reward(basis.difference(features.pair(one)), 0).mean())
        .toArray();
  }

  @Override
  public void close() {}
}
