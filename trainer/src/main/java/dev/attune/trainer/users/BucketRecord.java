package dev.attune.trainer.users;

import dev.attune.schemas.events.PreferenceBucket;
import org.jspecify.annotations.Nullable;

/**
 * A record of attune.buckets.by-user.
 *
 * @param offset in its partition
 * @param bucket null: the user leaves
 */
public record BucketRecord(long offset, String userId, @Nullable PreferenceBucket bucket) {}
