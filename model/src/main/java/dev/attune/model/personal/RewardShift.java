package dev.attune.model.personal;

import dev.attune.model.reward.PreferenceExample.Judgement;
import java.util.List;

/**
 * The reward that judgements are measured from: halfway between the running means of the rewards of
 * replies judged good and of those judged bad (Jung et al. 2024, "Binary classifier optimization",
 * arXiv 2404.04656).
 */
final class RewardShift {
  private static final double MEMORY = 0.98;

  private double good;
  private double bad;
  private long goods;
  private long bads;

  RewardShift() {}

  RewardShift(double good, double bad, long goods, long bads) {
    this.good = good;
    this.bad = bad;
    this.goods = goods;
    this.bads = bads;
  }

  /** Returns the reward above which a reply rather is good; 0 until both kinds were seen. */
  double value() {
    return goods > 0 && bads > 0 ? (good + bad) / 2 : 0;
  }

  /** Takes the rewards scale·outcome of judged replies into the means. */
  void add(List<Pass> passes, float[] outcomes, double scale) {
    int first = 0;
    for (Pass pass : passes) {
      for (Judgement judgement : pass.judgements()) {
        add(judgement.good(), scale * outcomes[first + judgement.reply()]);
      }
      first += pass.tokens().replies().size();
    }
  }

  private void add(boolean isGood, double reward) {
    // Plain means at first, so that the first reward does not weigh most.
    if (isGood) {
      good += (reward - good) * Math.max(1 - MEMORY, 1.0 / ++goods);
    } else {
      bad += (reward - bad) * Math.max(1 - MEMORY, 1.0 / ++bads);
    }
  }

  /** Returns good mean, bad mean, and how many rewards are in them. */
  String text() {
    return good + " " + bad + " " + goods + " " + bads;
  }

  /** Reads what {@link #text} gave. */
  static RewardShift parse(String text) {
    String[] parts = text.split(" ", -1);
    if (parts.length != 4) {
      throw new IllegalArgumentException("shift is '" + text + "'; allowed are four numbers");
    }
    return new RewardShift(
        Double.parseDouble(parts[0]),
        Double.parseDouble(parts[1]),
        Long.parseLong(parts[2]),
        Long.parseLong(parts[3]));
  }
}
