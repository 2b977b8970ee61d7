package dev.attune.cli.personalize;

import dev.attune.model.generate.Sampling;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.personal.PersonalExample;
import dev.attune.model.personal.PersonalGenerator;
import dev.attune.model.personal.PersonalLearner;
import dev.attune.model.personal.PersonalModel;
import dev.attune.model.personal.UserRow;
import dev.attune.model.personal.UserRowTable;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A policy learned by P-DPO, whose implicit rewards are the margins; with a user model without
 * vectors, plain DPO.
 */
final class PolicyMethod implements PersonalMethod {
  private static final int BATCH = 8;

  private final BaseModel base;
  private final ReferenceStore references;
  private final PersonalConfig config;
  private final int steps;
  private final UserRowTable rows = new UserRowTable();
  private @Nullable PersonalModel model;

  /**
   * @param base not closed with this
   * @param steps of training, on eight comparisons each
   */
  PolicyMethod(BaseModel base, ReferenceStore references, PersonalConfig config, int steps) {
    this.base = base;
    this.references = references;
    this.config = config.with(config.optimizer().planned(steps));
    this.steps = steps;
  }

  @Override
  public void train(List<PersonalComparison> comparisons) {
    references.read(comparisons);
    List<PersonalExample> examples = comparisons.stream().map(references::example).toList();
    try (PersonalLearner learner = PersonalLearner.start(base, config, rows)) {
      learner.train(examples, steps, BATCH);
      model = new PersonalModel(base, learner.weights());
    }
  }

  @Override
  public double[] margins(List<PersonalComparison> comparisons) {
    return references.margins(trained(), rows, comparisons);
  }

  /** New users of the trained policy; valid until this is closed. */
  RowStream newcomers(RowStream.How how) {
    return new RowStream(trained(), references, rows, how);
  }

  /**
   * Writes a reply to each prompt as for a user.
   *
   * @param limit most tokens of a reply
   * @param seed of the sampling, at temperature 1
   * @return each reply's length in tokens, without the end of the text: 0 to {@code limit}
   */
  int[] lengths(List<List<Turn>> prompts, String user, int limit, long seed) {
    int end = base.tokenizer().eosId();
    Sampling sampling = new Sampling(1, 0, 1, limit, Set.of(end));
    UserRow row = rows.find(user);
    List<PersonalGenerator.Item> items = new ArrayList<>();
    for (List<Turn> prompt : prompts) {
      items.add(new PersonalGenerator.Item(row, null, prompt, sampling, seed + items.size()));
    }
    try (PersonalGenerator generator = new PersonalGenerator(trained())) {
      return generator.generate(items).stream()
          .mapToInt(text -> (int) Arrays.stream(text.ids()).filter(id -> id != end).count())
          .toArray();
    }
  }

  private PersonalModel trained() {
    if (model == null) {
      throw new IllegalStateException("the policy is not trained yet");
    }
    return model;
  }

  @Override
  public void close() {
    if (model != null) {
      model.close();
    }
  }
}
