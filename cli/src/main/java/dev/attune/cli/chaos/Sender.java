package dev.attune.cli.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.cli.CliException;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the traffic at a steady rate through an idempotent producer that outlasts the brokers'
 * failures. Ends when all of it is acknowledged, or with the first failure.
 */
final class Sender implements Callable<Void> {
  /** The header that has a record's number, as decimal digits. */
  private static final String NUMBER = "attune-chaos-number";

  private static final int MOST_ON_THE_WAY = 5_000;
  private static final long PAUSE_MILLIS = 5;

  private final KafkaSettings kafka;
  private final Plan plan;
  private final Supplier<Outgoing> traffic;
  private final IntConsumer acknowledged;
  private final IntPredicate may;
  private final AtomicReference<Exception> failure = new AtomicReference<>();

  /**
   * What is sent, and how fast.
   *
   * @param records so many
   * @param rate records a second
   * @param timeout after which what is not acknowledged has failed
   */
  record Plan(Topic<?> topic, int records, int rate, Duration timeout) {}

  /** A record to be sent; they are numbered from 0. */
  record Outgoing(int number, String key, byte @Nullable [] value) {}

  /**
   * @param traffic asked for each record when it is to be sent
   * @param acknowledged told the number of each record that the brokers have
   * @param may whether so many records may have been sent by now
   */
  Sender(
      KafkaSettings kafka,
      Plan plan,
      Supplier<Outgoing> traffic,
      IntConsumer acknowledged,
      IntPredicate may) {
    this.kafka = kafka;
    this.plan = plan;
    this.traffic = traffic;
    this.acknowledged = acknowledged;
    this.may = may;
  }

  /** The number of a record that a sender has sent. */
  static int number(ConsumerRecord<?, ?> record) {
    return Integer.parseInt(new String(record.headers().lastHeader(NUMBER).value(), UTF_8));
  }

  @Override
  public Void call() throws InterruptedException {
    Semaphore onTheWay = new Semaphore(MOST_ON_THE_WAY);
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(producer(), new StringSerializer(), new ByteArraySerializer())) {
      long interval = Duration.ofSeconds(1).toNanos() / plan.rate();
      long next = System.nanoTime();
      for (int i = 0; i < plan.records(); i++, next += interval) {
        while (System.nanoTime() < next || !may.test(i + 1)) {
          Thread.sleep(PAUSE_MILLIS);
          next = Math.max(next, System.nanoTime() - Duration.ofSeconds(1).toNanos());
        }
        onTheWay.acquire();
        check();
        send(producer, traffic.get(), onTheWay);
      }
      producer.flush();
      check();
      return null;
    }
  }

  private void send(KafkaProducer<String, byte[]> producer, Outgoing record, Semaphore onTheWay) {
    int number = record.number();
    Header header = new RecordHeader(NUMBER, String.valueOf(number).getBytes(UTF_8));
    var unused =
        producer.send(
            new ProducerRecord<>(
                plan.topic().name(), null, record.key(), record.value(), List.of(header)),
            (place, problem) -> {
              if (problem == null) {
                acknowledged.accept(number);
              } else {
                failure.compareAndSet(null, problem);
              }
              onTheWay.release();
            });
  }

  private void check() {
    Exception problem = failure.get();
    if (problem != null) {
      throw new CliException("a record was not acknowledged: " + problem.getMessage(), problem);
    }
  }

  private Map<String, Object> producer() {
    Map<String, Object> producer = new HashMap<>(kafka.producer("attune-chaos-sender"));
    int millis = (int) Math.min(Integer.MAX_VALUE, plan.timeout().toMillis());
    producer.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.max(millis, 60_000));
    producer.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, millis);
    producer.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
    return producer;
  }
}
