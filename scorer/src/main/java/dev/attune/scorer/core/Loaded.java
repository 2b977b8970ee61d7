package dev.attune.scorer.core;

/** What was published and is in memory now, freed by {@link #close}. */
public interface Loaded extends AutoCloseable {
  @Override
  void close();
}
