package dev.attune.scorer.core;

import dev.attune.schemas.events.ScoreRequest;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What gives rewards: the seam between the scorer and the reward model.
 *
 * <p>{@link #rewards} is called by one thread at a time, {@link #load} by another one, both at the
 * same moment.
 */
public interface RewardFunction extends AutoCloseable {
  /** The base's sha-256 in hexadecimal. */
  String base();

  /**
   * Makes a published model ready to be scored with, beside those already loaded.
   *
   * @param weights the artifact's bytes, already checked against its sha-256
   * @throws ModelRejectedException where the bytes are no model of this base
   */
  LoadedModel load(byte[] weights) throws ModelRejectedException;

  /** Does what only the first pass has to do, so that no request waits for it. */
  void warmUp();

  /** How many tokens a request costs: its prompt once and each reply. */
  int tokens(ScoreRequest request);

  /**
   * The rewards of a batch: for each task one number for each of its request's candidates, in their
   * order. A task's rewards do not depend on the other tasks.
   *
   * @throws RuntimeException where a task cannot be computed; nothing is known about the others
   *     then
   */
  List<double[]> rewards(List<Task> tasks);

  @Override
  void close();

  /**
   * One request to be scored.
   *
   * @param model null for the untrained base, whose rewards are all 0
   * @param head the model's head
   */
  record Task(ScoreRequest request, @Nullable LoadedModel model, String head) {}

  /** A model in memory, freed by {@link #close}. */
  interface LoadedModel extends AutoCloseable {
    /** Names of its heads; {@link dev.attune.schemas.Domains#POOLED_HEAD} is among them. */
    Set<String> heads();

    @Override
    void close();
  }
}
