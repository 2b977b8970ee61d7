package dev.attune.model.reference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import java.util.List;

/**
 * What is computed from the decoder's states: rewards, log-probabilities and the losses over them.
 * Results belong to the manager of the first argument.
 */
public final class ReferenceLosses {
  private static final double LAYER_NORM_EPS = 1e-5;

  private ReferenceLosses() {}

  /**
   * A comparison of two numbers of a flat array.
   *
   * @param preferred index of the better one
   * @param other index of the worse one
   * @param weight how much it counts, positive
   * @param margin by how much the better one must be ahead
   * @param tie true where neither is better
   */
  public record Comparison(int preferred, int other, float weight, float margin, boolean tie) {}

  /**
   * Returns rewards [B, M]: heads without bias on LayerNorm (Ba et al. 2016, arXiv 1607.06450) of
   * the mean of the reply's hidden states (Cheng et al. 2023, arXiv 2309.03126).
   *
   * @param states [B, S, D]
   * @param heads [M, D]
   */
  public static NDArray rewards(NDArray states, TextBatch batch, NDArray heads) {
    NDManager manager = states.getManager();
    NDArray z = batch.meanOfReply(manager).matMul(states).squeeze(1);
    NDArray centred = z.sub(z.mean(new int[] {1}, true));
    NDArray variance = centred.square().mean(new int[] {1}, true);
    return Linear.linear(centred.div(variance.add(LAYER_NORM_EPS).sqrt()), heads).get(0);
  }

  /**
   * Returns − Σ weight · log σ(r_i − r_j − margin) / Σ weight, where a tie asks for σ = ½.
   *
   * @param rewards of any shape; the comparisons index them flat
   */
  public static NDArray ranking(NDArray rewards, List<Comparison> comparisons) {
    NDManager manager = rewards.getManager();
    int n = comparisons.size();
    long[] preferred = new long[n];
    long[] other = new long[n];
    float[] weight = new float[n];
    float[] margin = new float[n];
    float[] half = new float[n];
    float total = 0;
    for (int i = 0; i < n; i++) {
      Comparison comparison = comparisons.get(i);
      preferred[i] = comparison.preferred;
      other[i] = comparison.other;
      weight[i] = comparison.weight;
      margin[i] = comparison.margin;
      half[i] = comparison.tie ? .5f : 0;
      total += comparison.weight;
    }
    NDArray flat = rewards.reshape(-1);
    NDArray d =
        flat.get(manager.create(preferred))
            .sub(flat.get(manager.create(other)))
            .sub(manager.create(margin));
    NDArray loss = Activation.softPlus(d.neg()).add(d.mul(manager.create(half)));
    return loss.mul(manager.create(weight)).sum().div(total);
  }

  /**
   * Returns the log-probability of each reply after what stands before it, [B].
   *
   * @param logits [B, S, vocabulary]
   */
  public static NDArray logProbabilities(NDArray logits, TextBatch batch) {
    NDManager manager = logits.getManager();
    NDArray all = logits.get(new NDIndex(":, :-1")).logSoftmax(2);
    NDArray chosen = all.gather(batch.nextIds(manager), 2);
    return chosen.mul(batch.nextIsReply(manager)).sum(new int[] {1, 2});
  }

  /**
   * Returns Δ [N] = (log π(y⁺) − log π_ref(y⁺)) − (log π(y⁻) − log π_ref(y⁻)) for rows that
   * alternate between preferred and other replies.
   *
   * @param logProbabilities [2 N]
   * @param reference [2 N]
   */
  public static NDArray margins(NDArray logProbabilities, NDArray reference) {
    NDList sides = logProbabilities.sub(reference).reshape(-1, 2).split(2, 1);
    return sides.get(0).sub(sides.get(1)).squeeze(1);
  }

  /**
   * Returns the mean of − (1 − ε) log σ(βΔ) − ε log σ(−βΔ): Rafailov et al. 2023, arXiv 2305.18290,
   * with the label smoothing ε of conservative DPO.
   */
  public static NDArray dpo(NDArray margins, double beta, double smoothing) {
    NDArray scaled = margins.mul(beta);
    NDArray right = Activation.softPlus(scaled.neg()).mul(1 - smoothing);
    return right.add(Activation.softPlus(scaled).mul(smoothing)).mean();
  }

  /** Returns the mean of (Δ − 1/(2τ))²: Azar et al. 2023, arXiv 2310.12036. */
  public static NDArray ipo(NDArray margins, double tau) {
    return margins.sub(1 / (2 * tau)).square().mean();
  }
}
