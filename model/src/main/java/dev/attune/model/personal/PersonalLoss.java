package dev.attune.model.personal;

/**
 * The loss L = E[α·ℓ(u) + (1 − α)·ℓ(u_0)] of Li et al. 2024 (arXiv 2402.05133, equation 7): both
 * terms are computed for each comparison, so that the loss is the expectation itself, and its
 * gradient does not depend on how a batch is cut.
 *
 * @param objective what is learned, and the form of ℓ
 * @param alpha α, the share of the user's own term; the rest is the generic user's, from the same
 *     comparisons
 * @param beta β of the implicit reward β·(log π − log π_ref)
 * @param tau τ of {@link Objective#IPO}
 * @param labelSmoothing probability that a stated preference is the wrong way round
 */
public record PersonalLoss(
    Objective objective, double alpha, double beta, double tau, double labelSmoothing) {
  /** What is learned. */
  public enum Objective {
    /** A policy: ℓ = −log σ(βΔ). */
    DPO,
    /** A policy: ℓ = (Δ − 1/(2τ))², which does not grow without bound on certain preferences. */
    IPO,
    /** A reward model: ℓ = −log σ(r(y⁺) − r(y⁻)). */
    REWARD
  }

  /** Checks every component. */
  public PersonalLoss {
    within("alpha", alpha, 0, 1);
    within("beta", beta, 1e-6, 1e3);
    within("tau", tau, 1e-6, 1e6);
    within("labelSmoothing", labelSmoothing, 0, 0.5);
  }

  private static void within(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          "%s is %s; allowed is %s to %s".formatted(name, value, least, most));
    }
  }

  /** P-DPO with α = ½ and β = 0.1. */
  public static PersonalLoss dpo() {
    return new PersonalLoss(Objective.DPO, 0.5, 0.1, 1, 0);
  }

  /** P-IPO with α = ½; {@code tau} in nats⁻¹ of a whole reply. */
  public static PersonalLoss ipo(double tau) {
    return new PersonalLoss(Objective.IPO, 0.5, 0.1, tau, 0);
  }

  /** P-RM with α = ½. */
  public static PersonalLoss reward() {
    return new PersonalLoss(Objective.REWARD, 0.5, 1, 1, 0);
  }

  /** Returns this loss with another α. */
  public PersonalLoss withAlpha(double share) {
    return new PersonalLoss(objective, share, beta, tau, labelSmoothing);
  }

  /** Returns the factor that makes a reward of what the losses compare: β of a policy, else 1. */
  double scale() {
    return objective == Objective.REWARD ? 1 : beta;
  }
}
