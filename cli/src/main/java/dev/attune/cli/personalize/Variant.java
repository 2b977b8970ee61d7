package dev.attune.cli.personalize;

import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.personal.UserModelConfig;
import dev.attune.model.personal.UserModelConfig.Kind;
import java.util.List;

/**
 * A policy of the experiments, by its name in the results.
 *
 * @param change makes its configuration of that of the individual user model
 * @param withText whether users come with what is written about them
 */
record Variant(String name, Change change, boolean withText) {
  /** A change of the configuration. */
  interface Change {
    PersonalConfig of(PersonalConfig individual);
  }

  private static final int TEXT_TOKENS = 16;

  /** One policy for all. */
  static final Variant DPO = users("dpo", UserModelConfig.plain());

  /** Each user's vector is e_0 + o_i. */
  static final Variant INDIVIDUAL = users("individual", UserModelConfig.individual());

  /** Each user's vector is a mixture of five. */
  static final Variant CLUSTER = users("cluster", UserModelConfig.cluster(5));

  /** What is varied, one thing at a time. */
  static final List<Variant> ABLATIONS =
      List.of(
          users("cluster, K 2", UserModelConfig.cluster(2)),
          users("cluster, K 10", UserModelConfig.cluster(10)),
          users("individual, without e_0", UserModelConfig.individual().withoutOffset()),
          new Variant("individual, alpha 1", one -> one.with(one.loss().withAlpha(1)), false),
          users("soft prompt, T_u 1", UserModelConfig.individual().softPrompt(1)),
          users("soft prompt, T_u 10", UserModelConfig.individual().softPrompt(10)));

  /** The user's text, and no id. */
  static final Variant TEXT =
      new Variant("text", one -> one.with(UserModelConfig.plain().withText(TEXT_TOKENS)), true);

  private static Variant users(String name, UserModelConfig users) {
    return new Variant(name, one -> one.with(users), false);
  }

  /** The name with the number of clusters. */
  String label() {
    int clusters = change.of(PersonalConfig.defaults()).users().clusters();
    return clusters == 0 ? name : name + ", K " + clusters;
  }

  /** Whether it has vectors of users, so that newcomers can get one. */
  boolean hasRows() {
    return change.of(PersonalConfig.defaults()).users().kind() != Kind.UNIFORM;
  }
}
