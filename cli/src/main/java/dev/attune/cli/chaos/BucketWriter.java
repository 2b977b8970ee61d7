package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.serde.AvroSerializer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Fills the bucket topics as ingest does, in transactions: so the offsets have gaps. The same
 * records fill two clusters alike, to the offset. Not thread-safe.
 */
final class BucketWriter implements AutoCloseable {
  private static final int TRANSACTION = 64;

  private final KafkaProducer<String, PreferenceBucket> producer;
  private final Map<TopicPartition, Long> ends = new HashMap<>();

  BucketWriter(KafkaSettings kafka) {
    AvroSerializer<PreferenceBucket> values = new AvroSerializer<>();
    values.configure(kafka.serde(), false);
    producer =
        new KafkaProducer<>(
            kafka.transactionalProducer("attune-chaos-buckets"), new StringSerializer(), values);
    producer.initTransactions();
  }

  void write(List<BucketRecord> records) throws InterruptedException {
    for (int from = 0; from < records.size(); from += TRANSACTION) {
      producer.beginTransaction();
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (BucketRecord each :
          records.subList(from, Math.min(records.size(), from + TRANSACTION))) {
        int partition = each.partition(each.topic().partitions());
        sent.add(
            producer.send(
                new ProducerRecord<>(each.topic().name(), partition, each.key(), each.bucket())));
      }
      producer.commitTransaction();
      for (Future<RecordMetadata> each : sent) {
        count(each);
      }
    }
  }

  private void count(Future<RecordMetadata> sent) throws InterruptedException {
    try {
      RecordMetadata place = sent.get();
      ends.put(new TopicPartition(place.topic(), place.partition()), place.offset() + 1);
    } catch (ExecutionException e) {
      throw new CliException("a bucket was not written: " + e.getCause().getMessage(), e);
    }
  }

  /** The offset after the last bucket of each partition that has one. */
  Map<TopicPartition, Long> ends() {
    return Map.copyOf(ends);
  }

  @Override
  public void close() {
    producer.close();
  }
}
