package dev.attune.scorer.core;

import dev.attune.model.policy.Policy;
import dev.attune.model.policy.UserState;
import dev.attune.schemas.events.ScoreRequest;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What needs the language model: the seam between the scorer and the engine.
 *
 * <p>{@link #parts} is called by one thread at a time, {@link #load} and {@link #loadPolicy} by
 * another one, {@link #generate} by a third, all at the same moment.
 */
public interface RewardFunction extends AutoCloseable {
  /** The base's sha-256 in hexadecimal. */
  String base();

  /**
   * Makes a published reward model ready to be scored with, beside those already loaded.
   *
   * @param weights the artifact's bytes, already checked against its sha-256
   * @throws ModelRejectedException where the bytes are no model of this base
   */
  LoadedModel load(byte[] weights) throws ModelRejectedException;

  /**
   * The same of a policy.
   *
   * @throws ModelRejectedException where the bytes are no policy of this base
   */
  LoadedPolicy loadPolicy(byte[] bytes) throws ModelRejectedException;

  /** Does what only the first pass has to do, so that no request waits for it. */
  void warmUp();

  /** How many tokens a request costs: its prompt once and each reply. */
  int tokens(ScoreRequest request);

  /**
   * What the rewards of a batch are made of, for each task in order. A task's parts do not depend
   * on the other tasks (fp32: to 1e-5); within a call, equal texts get equal bits.
   *
   * @throws RuntimeException where a task cannot be computed; nothing is known about the others
   *     then
   */
  List<Parts> parts(List<Task> tasks);

  /**
   * Writes replies. They are samples of the policy under a user's row, or of the base where a draft
   * has no row. A text does not depend on the other drafts.
   *
   * @param drafts all of one policy
   * @return for each draft, in order, a reply for each of its seeds, in order
   * @throws RuntimeException where a draft cannot be written; nothing is known about the others
   *     then
   */
  List<List<GeneratedReply>> generate(List<Draft> drafts, GenerationConfig config);

  @Override
  void close();

  /**
   * One request to be scored.
   *
   * @param model null for the untrained base, whose rewards are all 0
   * @param head the model's head
   * @param policy null where none is served
   * @param row of the policy's epoch, with the row that r_p is wanted for; null for no r_p
   */
  record Task(
      ScoreRequest request,
      @Nullable LoadedModel model,
      String head,
      @Nullable LoadedPolicy policy,
      @Nullable UserState row) {}

  /**
   * What the rewards of one request are made of; each array has an element for each candidate, in
   * their order.
   *
   * @param domain r_d
   * @param coordinates x of the policy's epoch, [candidates][k]; null without a policy
   * @param row r_p; null where it is not wanted
   */
  record Parts(double[] domain, float @Nullable [][] coordinates, double @Nullable [] row) {}

  /**
   * One request's replies to be written.
   *
   * @param policy null where none is served
   * @param row of the policy's epoch, with the row to write under; null: the base writes
   * @param seeds of the replies' sampling
   */
  record Draft(
      ScoreRequest request,
      @Nullable LoadedPolicy policy,
      @Nullable UserState row,
      List<Long> seeds) {}

  /**
   * A reply that was written.
   *
   * @param text may be empty
   * @param tokens with the one that ended it
   */
  record GeneratedReply(String text, int tokens) {}

  /** A reward model in memory. */
  interface LoadedModel extends Loaded {
    /** Names of its heads; {@link dev.attune.schemas.Domains#POOLED_HEAD} is among them. */
    Set<String> heads();
  }

  /** A policy in memory. */
  interface LoadedPolicy extends Loaded {
    Policy policy();

    /** Whether it gives an r_p. */
    boolean hasRows();
  }
}
