package dev.attune.model.lm;

/** Is told how far long work has come. Called on the working thread. */
@FunctionalInterface
public interface Progress {
  /** Tells nobody. */
  Progress NONE = (done, total, measure) -> {};

  /**
   * Reports progress.
   *
   * @param done steps done
   * @param total steps in all
   * @param measure how good it is so far: in training, the mean loss in nats a token
   */
  void report(int done, int total, double measure);
}
