package dev.attune.platform;

/**
 * A part of Attune that runs until it is closed. Single use: it is started once and closed once;
 * {@link #close} may be called from any thread and more than once.
 */
public interface Service extends AutoCloseable {
  /** In lower case, for logs, metrics and the health endpoints. */
  String name();

  /** Starts the work and returns; a failure to start is thrown. */
  void start();

  /** False once it cannot work any more: the process should be restarted. */
  boolean live();

  /** Whether it does its work now. */
  boolean ready();

  /** Finishes or aborts what is under way and frees everything. */
  @Override
  void close();
}
