package dev.attune.cli.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.cli.CliException;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.serde.AvroSerializer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntPredicate;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends the traffic at a steady rate through an idempotent producer that outlasts the brokers'
 * failures. Ends when all of it is acknowledged, or with the first failure.
 */
final class Sender implements Callable<Void> {
  private static final int MOST_ON_THE_WAY = 5_000;
  private static final long PAUSE_MILLIS = 5;

  private final KafkaSettings kafka;
  private final ChaosSettings settings;
  private final EventAudit audit;
  private final IntPredicate may;
  private final AtomicReference<Exception> failure = new AtomicReference<>();

  /**
   * @param may whether so many records may have been sent by now
   */
  Sender(KafkaSettings kafka, ChaosSettings settings, EventAudit audit, IntPredicate may) {
    this.kafka = kafka;
    this.settings = settings;
    this.audit = audit;
    this.may = may;
  }

  @Override
  public Void call() throws InterruptedException {
    Semaphore onTheWay = new Semaphore(MOST_ON_THE_WAY);
    try (AvroSerializer<PreferenceEvent> serializer = new AvroSerializer<>();
        KafkaProducer<String, byte[]> producer =
            new KafkaProducer<>(producer(), new StringSerializer(), new ByteArraySerializer())) {
      serializer.configure(kafka.serde(), false);
      ChaosTraffic traffic =
          new ChaosTraffic(
              settings.seed(),
              settings.corrections(),
              event -> serializer.serialize(Topics.PREFERENCES.name(), event));
      long interval = Duration.ofSeconds(1).toNanos() / settings.rate();
      long next = System.nanoTime();
      for (int i = 0; i < settings.events(); i++, next += interval) {
        while (System.nanoTime() < next || !may.test(i + 1)) {
          Thread.sleep(PAUSE_MILLIS);
          next = Math.max(next, System.nanoTime() - Duration.ofSeconds(1).toNanos());
        }
        onTheWay.acquire();
        check();
        send(producer, traffic.next(), onTheWay);
      }
      producer.flush();
      check();
      return null;
    }
  }

  private void send(
      KafkaProducer<String, byte[]> producer, ChaosTraffic.Sent sent, Semaphore onTheWay) {
    int number = sent.event().number();
    audit.sent(sent.event());
    Header header = new RecordHeader(OutputReader.NUMBER, String.valueOf(number).getBytes(UTF_8));
    var unused =
        producer.send(
            new ProducerRecord<>(
                Topics.PREFERENCES.name(),
                null,
                sent.event().userId(),
                sent.value(),
                List.of(header)),
            (place, problem) -> {
              if (problem == null) {
                audit.acknowledged(number);
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
    int millis = (int) Math.min(Integer.MAX_VALUE, settings.timeout().toMillis());
    producer.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.max(millis, 60_000));
    producer.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, millis);
    producer.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
    return producer;
  }
}
