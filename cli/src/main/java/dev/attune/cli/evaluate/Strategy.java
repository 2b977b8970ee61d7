package dev.attune.cli.evaluate;

import dev.attune.model.reward.OnlineConfig;
import java.util.Locale;

/** The data strategies of Cheng et al. 2023 for keeping general ability in stage 3. */
enum Strategy {
  /** The ranking loss on the domain's comparisons alone. */
  PLAIN(false, false),
  /** General comparisons are mixed into each step. */
  ENRICHMENT(true, false),
  /** The imitation loss on preferred replies is added. */
  IMITATION(false, true),
  BOTH(true, true);

  private final boolean enriched;
  private final boolean imitating;

  Strategy(boolean enriched, boolean imitating) {
    this.enriched = enriched;
    this.imitating = imitating;
  }

  /** A recipe with what this strategy leaves out set to 0. */
  OnlineConfig of(OnlineConfig recipe) {
    return recipe.with(imitating ? recipe.imitation() : 0, enriched ? recipe.enrichment() : 0);
  }

  /** The name in tables and JSON. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
