package dev.attune.trainer.kafka;

/** One of the trainer's loops, on a thread of its own. */
public interface Pipeline {

  /** Its name, as in the configuration and in logs. */
  String name();

  /**
   * Works in the calling thread until {@link #stop}; then everything learned is published first.
   * Single use.
   *
   * @throws RuntimeException where going on takes a person; nothing is published then that was not
   *     learned
   */
  void run();

  /** Ends {@link #run} after the work under way. Returns at once; any thread may call it. */
  void stop();

  /** Whether it is a member of its group now. */
  boolean joined();
}
