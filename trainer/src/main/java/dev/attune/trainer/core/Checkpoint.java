package dev.attune.trainer.core;

import java.util.List;

/**
 * One partition at one position.
 *
 * @param position the first offset that has not been learned from
 * @param changed the models that changed since the last committed checkpoint; none where only empty
 *     buckets were read
 * @param models how many models the partition has, unchanged ones included
 * @param trainedPosition the position of the newest manifests once this checkpoint is committed
 * @param erased whether users have left since the last committed checkpoint
 */
public record Checkpoint(
    long position,
    List<ModelCheckpoint> changed,
    int models,
    long trainedPosition,
    boolean erased) {
  public Checkpoint {
    changed = List.copyOf(changed);
  }
}
