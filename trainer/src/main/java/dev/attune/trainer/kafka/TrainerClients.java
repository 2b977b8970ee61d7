package dev.attune.trainer.kafka;

import dev.attune.schemas.Topic;
import dev.attune.schemas.events.PreferenceBucket;
import java.time.Duration;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;

/** Makes the Kafka clients that the rewards pipeline works with. Who asks for one closes it. */
public interface TrainerClients {

  /** A member of the trainer's group: committed reads, no commits by itself, no offset reset. */
  Consumer<String, PreferenceBucket> buckets();

  /** How long the group waits for a member between two polls. */
  Duration maxPollInterval();

  /** Reads a topic outside the group, committed records only. */
  <V extends SpecificRecord> Consumer<String, V> committed(Topic<V> topic);

  /** Reads a topic outside the group, records of open and aborted transactions included. */
  <V extends SpecificRecord> Consumer<String, V> uncommitted(Topic<V> topic);

  /** An idempotent producer for artifacts. */
  Producer<String, SpecificRecord> artifacts();

  /** The producer of one partition's checkpoints; it fences the partition's earlier owner. */
  Producer<String, SpecificRecord> transactional(int partition);

  Admin admin();
}
