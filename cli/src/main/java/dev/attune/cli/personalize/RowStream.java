package dev.attune.cli.personalize;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.RowSubspace;
import dev.attune.model.personal.PersonalExample;
import dev.attune.model.personal.PersonalModel;
import dev.attune.model.personal.RowGradient;
import dev.attune.model.personal.RowLearner;
import dev.attune.model.personal.UserRow;
import dev.attune.model.personal.UserRowTable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Rows of users whom a trained policy has not seen, learned in one pass over their events. */
final class RowStream implements UserStream, AutoCloseable {
  /** How a row is learned. */
  enum How {
    /** Some steps of Adam on the whole row. */
    ADAM,
    /** The Gaussian update in the subspace of the rows that were trained. */
    SUBSPACE
  }

  private static final int RANK = 4;

  private final PersonalModel model;
  private final ReferenceStore references;
  private final How how;
  private final UserRowTable rows = new UserRowTable();
  private final RowLearner learner;
  private final RowSubspace subspace;
  private final Map<String, GaussianWeights> beliefs = new HashMap<>();

  /**
   * @param model with users' rows; not closed with this
   * @param trained the rows of the users who were trained with it
   */
  RowStream(PersonalModel model, ReferenceStore references, UserRowTable trained, How how) {
    this.model = model;
    this.references = references;
    this.how = how;
    this.learner = new RowLearner(model, rows);
    this.subspace =
        RowSubspace.of(
            model.weights().newRow().values(),
            trained.users().stream().map(user -> trained.find(user).values()).toList(),
            RANK);
  }

  @Override
  public void learn(List<PersonalComparison> events) {
    references.read(events);
    List<PersonalExample> examples = events.stream().map(references::example).toList();
    if (how == How.ADAM) {
      learner.learn(examples, RowLearner.LEARNING_RATE, RowLearner.INNER_STEPS);
      return;
    }
    List<RowGradient> slopes = learner.gradients(examples);
    for (int i = 0; i < slopes.size(); i++) {
      String user = events.get(i).user();
      RowGradient slope = slopes.get(i);
      GaussianWeights before = beliefs.getOrDefault(user, subspace.prior());
      GaussianWeights after = subspace.observe(before, slope.gradient(), slope.difference(), 1);
      beliefs.put(user, after);
      rows.put(user, UserRow.of(subspace.row(after)));
    }
  }

  @Override
  public double[] margins(List<PersonalComparison> comparisons) {
    return references.margins(model, rows, comparisons);
  }

  @Override
  public void close() {
    learner.close();
  }
}
