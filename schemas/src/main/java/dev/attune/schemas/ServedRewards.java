package dev.attune.schemas;

import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.RewardComponents;

/** What was served with the replies of an event. */
public final class ServedRewards {
  private ServedRewards() {}

  /**
   * By how much the domain's reward, before calibration, preferred what was then preferred; 0 where
   * it was not served with both replies, or is no finite number.
   */
  public static double domainLead(Feedback feedback, Comparison comparison) {
    RewardComponents preferred =
        feedback.getReplies().get(comparison.getPreferred()).getServedComponents();
    RewardComponents other = feedback.getReplies().get(comparison.getOther()).getServedComponents();
    if (preferred == null || other == null) {
      return 0;
    }
    double lead = preferred.getDomain() - other.getDomain();
    return Double.isFinite(lead) ? lead : 0;
  }
}
