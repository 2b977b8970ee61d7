package dev.attune.cli.chaos;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads what was committed in the trainers' topics into an account. */
final class TopicReader {
  private static final Duration POLL = Duration.ofMillis(100);

  private TopicReader() {}

  /** All that is there now; nobody may write meanwhile. */
  static LearnedAccount read(KafkaSettings kafka) {
    LearnedAccount account = new LearnedAccount();
    AvroDeserializer<SpecificRecord> values = new AvroDeserializer<>();
    values.configure(kafka.serde(), false);
    try (KafkaConsumer<String, SpecificRecord> consumer =
        new KafkaConsumer<>(
            kafka.consumerWithoutGroup("attune-chaos-audit"), new StringDeserializer(), values)) {
      List<TopicPartition> partitions =
          List.of(Topics.BUCKETS_BY_USER, Topics.BUCKETS_BY_DOMAIN, Topics.MODELS, Topics.USERS)
              .stream()
              .flatMap(topic -> consumer.partitionsFor(topic.name()).stream())
              .map(each -> new TopicPartition(each.topic(), each.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(POLL).forEach(record -> enter(record, account));
      }
    }
    return account;
  }

  private static void enter(ConsumerRecord<String, SpecificRecord> record, LearnedAccount account) {
    String topic = record.topic();
    if (topic.equals(Topics.MODELS.name())) {
      account.manifest(record.key(), (ModelVersion) record.value());
    } else if (topic.equals(Topics.USERS.name())) {
      account.user(record.key(), (UserEmbedding) record.value());
    } else {
      account.bucket(
          topic.equals(Topics.BUCKETS_BY_USER.name()) ? Route.BY_USER : Route.BY_DOMAIN,
          record.partition(),
          record.offset(),
          record.key(),
          (PreferenceBucket) record.value());
    }
  }
}
