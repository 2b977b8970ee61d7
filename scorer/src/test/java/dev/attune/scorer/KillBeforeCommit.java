package dev.attune.scorer;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Ends the JVM at once, as a kill does, when the broker has acknowledged so many answers: they lie
 * in the log and their transaction is not committed. It takes both client roles because both are
 * given the same settings.
 */
public final class KillBeforeCommit
    implements ProducerInterceptor<Object, Object>, ConsumerInterceptor<Object, Object> {
  static final int EXIT = 137;
  static final int ANSWERS = 45;

  private final AtomicInteger acknowledged = new AtomicInteger();

  @Override
  public ProducerRecord<Object, Object> onSend(ProducerRecord<Object, Object> record) {
    return record;
  }

  @Override
  public void onAcknowledgement(RecordMetadata metadata, Exception exception) {
    if (exception == null && acknowledged.incrementAndGet() == ANSWERS) {
      Runtime.getRuntime().halt(EXIT);
    }
  }

  @Override
  public ConsumerRecords<Object, Object> onConsume(ConsumerRecords<Object, Object> records) {
    return records;
  }

  @Override
  public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

  @Override
  public void close() {}

  @Override
  public void configure(Map<String, ?> configs) {}
}
