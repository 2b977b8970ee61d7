package dev.attune.platform;

import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/** Where a service is in its life; the transitions are checked. Thread-safe. */
public final class ServiceState {
  /** The phases; STOPPED and FAILED are final, except that a failed service is still closed. */
  public enum Phase {
    NEW,
    STARTING,
    RUNNING,
    STOPPING,
    STOPPED,
    FAILED;

    private Set<Phase> next() {
      return switch (this) {
        case NEW -> EnumSet.of(STARTING, STOPPED);
        case STARTING -> EnumSet.of(RUNNING, STOPPING, FAILED);
        case RUNNING -> EnumSet.of(STOPPING, FAILED);
        case STOPPING -> EnumSet.of(STOPPED, FAILED);
        case FAILED, STOPPED -> EnumSet.noneOf(Phase.class);
      };
    }
  }

  private final String service;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.NEW);

  /**
   * A service that has not been started.
   *
   * @param service its name, for errors
   */
  public ServiceState(String service) {
    this.service = service;
  }

  public Phase phase() {
    return phase.get();
  }

  /**
   * Moves on.
   *
   * @throws IllegalStateException if this phase does not follow the present one
   */
  public void to(Phase next) {
    Phase before = phase.get();
    if (!tryTo(next)) {
      throw new IllegalStateException(
          "%s cannot go from %s to %s".formatted(service, before, next));
    }
  }

  /** Moves on if this phase follows the present one; says whether it did. */
  public boolean tryTo(Phase next) {
    while (true) {
      Phase present = phase.get();
      if (!present.next().contains(next)) {
        return false;
      }
      if (phase.compareAndSet(present, next)) {
        return true;
      }
    }
  }

  /** False only after a failure. */
  public boolean live() {
    return phase.get() != Phase.FAILED;
  }

  public boolean running() {
    return phase.get() == Phase.RUNNING;
  }
}
