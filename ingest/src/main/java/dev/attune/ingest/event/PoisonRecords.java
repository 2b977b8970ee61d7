package dev.attune.ingest.event;

import dev.attune.schemas.serde.WireFormatException;
import dev.attune.schemas.serde.WireFormatException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;

/**
 * How often each record of a source topic has failed in processing. A failure rolls its transaction
 * back, so the record comes again; one that has failed too often is set aside before it touches any
 * state, and exactly-once holds. Thread-safe.
 *
 * <p>The counts live in this process: a record that moves to another process begins there anew.
 */
public final class PoisonRecords {
  /** More records than can fail at one time; the oldest are forgotten. */
  private static final int REMEMBERED = 10_000;

  private record Place(String topic, int partition, long offset) {}

  private final int maxAttempts;
  private final Map<Place, Integer> failures = new LinkedHashMap<>();
  private final Set<Throwable> blamed = Collections.newSetFromMap(new WeakHashMap<>());
  private long total;

  /**
   * With no failures yet.
   *
   * @param maxAttempts after so many failures a record is set aside
   */
  public PoisonRecords(int maxAttempts) {
    this.maxAttempts = maxAttempts;
  }

  /**
   * Notes that processing a record has failed. Counts only what is the record's fault as far as one
   * can tell: not that brokers, registry or disk cannot be used.
   *
   * @return how often it has failed by now; 0 where this was not its fault
   */
  public synchronized int failed(String topic, int partition, long offset, Throwable failure) {
    if (!ofTheRecord(failure)) {
      return 0;
    }
    Place place = new Place(topic, partition, offset);
    total++;
    int count = failures.merge(place, 1, Integer::sum);
    if (failures.size() > REMEMBERED) {
      failures.remove(failures.keySet().iterator().next());
    }
    // One that fails though it is set aside fails for ever.
    if (count <= maxAttempts) {
      blamed.add(failure);
    }
    return count;
  }

  /**
   * Lets a record pass that may still be tried.
   *
   * @throws RejectedEventException where it has failed too often
   */
  public void requireUntainted(String topic, int partition, long offset) {
    if (setAside(topic, partition, offset)) {
      throw new RejectedEventException(
          RejectionReason.UNPROCESSABLE,
          "a defect of Attune: processing failed " + maxAttempts + " times");
    }
  }

  /** Whether a record has failed too often to be tried again. */
  public synchronized boolean setAside(String topic, int partition, long offset) {
    return !failures.isEmpty()
        && failures.getOrDefault(new Place(topic, partition, offset), 0) >= maxAttempts;
  }

  /** Failures of all records so far. */
  public synchronized long failures() {
    return total;
  }

  /** Whether a thread's failure is that of a record which is tried again, or set aside. */
  public synchronized boolean explains(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (blamed.contains(cause)) {
        return true;
      }
    }
    return false;
  }

  private static boolean ofTheRecord(Throwable failure) {
    boolean surroundings = false;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof WireFormatException wire) {
        return wire.reason() != Reason.REGISTRY_UNAVAILABLE
            && wire.reason() != Reason.REGISTRY_REFUSED;
      }
      if (cause instanceof SerializationException) {
        return true;
      }
      surroundings |=
          cause instanceof KafkaException
              || cause instanceof IOException
              || cause instanceof UncheckedIOException;
    }
    return !surroundings;
  }
}
