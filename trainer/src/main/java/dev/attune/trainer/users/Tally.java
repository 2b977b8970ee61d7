package dev.attune.trainer.users;

import java.util.ArrayList;
import java.util.List;

/** What was learned with a batch. Counts begin at 0; one thread at a time. */
public final class Tally {
  long buckets;
  long events;
  long comparisons;
  long judgements;
  long rowEvents;
  long refitted;
  long forgotten;
  long notFound;
  long erased;
  long expired;
  long unchanged;
  final ReplyCoordinates.Counts coordinates = new ReplyCoordinates.Counts();
  final List<Prediction> predictions = new ArrayList<>();

  /** Buckets that heads have learned from, empty ones included. */
  public long buckets() {
    return buckets;
  }

  /** Events that heads have learned from. */
  public long events() {
    return events;
  }

  public long comparisons() {
    return comparisons;
  }

  public long judgements() {
    return judgements;
  }

  /** Events that rows have learned from. */
  public long rowEvents() {
    return rowEvents;
  }

  /** Parts of states that were learned anew without retracted events. */
  public long refitted() {
    return refitted;
  }

  /** Retracted events that were taken out to first order. */
  public long forgotten() {
    return forgotten;
  }

  /** Retracted events that no reference leads to any more; they stay learned. */
  public long notFound() {
    return notFound;
  }

  /** Users who left. */
  public long erased() {
    return erased;
  }

  /** Users who were idle for too long. */
  public long expired() {
    return expired;
  }

  /** Events that taught a head nothing at all. */
  public long unchanged() {
    return unchanged;
  }

  /** Replies whose coordinates came with their event. */
  public long servedCoordinates() {
    return coordinates.served;
  }

  /** Replies whose features were remembered. */
  public long rememberedFeatures() {
    return coordinates.remembered;
  }

  /** Replies that a pass was needed for. */
  public long readFeatures() {
    return coordinates.read;
  }

  /** Replies whose served coordinates were not what coordinates can be. */
  public long refusedCoordinates() {
    return coordinates.refused;
  }

  /** What was expected of each comparison, in order. */
  public List<Prediction> predictions() {
    return List.copyOf(predictions);
  }
}
