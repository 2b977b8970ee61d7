package dev.attune.cli.chaos;

import dev.attune.schemas.Domains;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * A record of a bucket topic.
 *
 * @param key the user id or the domain, by route
 * @param bucket null: the user has been erased
 */
record BucketRecord(Route route, String key, @Nullable PreferenceBucket bucket) {
  Topic<PreferenceBucket> topic() {
    return route == Route.BY_USER ? Topics.BUCKETS_BY_USER : Topics.BUCKETS_BY_DOMAIN;
  }

  /** Where ingest writes it. */
  int partition(int partitions) {
    return route == Route.BY_USER ? ofUser(key, partitions) : Domains.partition(key, partitions);
  }

  /** A user's partition, of attune.preferences as well: that of the clients' default. */
  static int ofUser(String user, int partitions) {
    return Utils.toPositive(Utils.murmur2(user.getBytes(StandardCharsets.UTF_8))) % partitions;
  }
}
