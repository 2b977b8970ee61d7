package dev.attune.bench.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.bench.ingest.BenchCluster.Started;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends events at an even rate and waits for what becomes of each. An event's time begins when it
 * was due to be sent, so that a producer that is held up hides nothing, and ends when a reader of
 * committed records has its bucket.
 */
final class LatencyRun {
  /** This share of the events comes first and is left out. */
  private static final double WARM_UP = .25;

  private static final long SETTLE_SECONDS = 60;
  private static final int DIGITS = 3;
  private static final Duration POLL = Duration.ofMillis(100);

  private final BenchCluster cluster;
  private final EventLoad load;

  LatencyRun(BenchCluster cluster, EventLoad load) {
    this.cluster = cluster;
    this.load = load;
  }

  /**
   * Measures.
   *
   * @return by output topic, in microseconds
   * @throws IllegalStateException if an event is missing or comes twice
   */
  Map<String, Histogram> run(Contender contender, double rate, double seconds) {
    cluster.topics().renew();
    int events = (int) (rate * seconds);
    List<ProducerRecord<byte[], byte[]>> records =
        IntStream.range(0, events).mapToObj(load::record).toList();
    List<String> outputs =
        contender == Contender.INGEST
            ? List.of(Topics.BUCKETS_BY_USER.name(), Topics.BUCKETS_BY_DOMAIN.name())
            : List.of(BenchTopics.OUT);
    try (Started started = cluster.start(contender, 1);
        KafkaConsumer<byte[], byte[]> consumer = consumer(outputs);
        KafkaProducer<byte[], byte[]> producer = producer()) {
      Arrivals arrivals = new Arrivals(outputs, events);
      long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
      double interval = TimeUnit.SECONDS.toNanos(1) / rate;
      Thread sender = new Thread(() -> send(producer, records, start, interval), "bench-sender");
      sender.start();
      long end = start + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS) + (long) (interval * events);
      while (!arrivals.complete() && System.nanoTime() < end) {
        started.check();
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          arrivals.add(record);
        }
      }
      sender.join();
      return arrivals.histograms(start, interval);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static void send(
      KafkaProducer<byte[], byte[]> producer,
      List<ProducerRecord<byte[], byte[]>> records,
      long start,
      double interval) {
    for (int i = 0; i < records.size(); i++) {
      long due = start + (long) (i * interval);
      for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      producer.send(records.get(i));
    }
  }

  private KafkaProducer<byte[], byte[]> producer() {
    Map<String, Object> settings = cluster.kafka().producer("bench-sender");
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private KafkaConsumer<byte[], byte[]> consumer(List<String> outputs) {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            cluster.kafka().consumerWithoutGroup("bench-reader"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        outputs.stream()
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }

  /** When which event came out of which topic. */
  private final class Arrivals {
    private final AvroDeserializer<PreferenceBucket> buckets =
        new AvroDeserializer<>(PreferenceBucket.class);
    private final Map<String, long[]> at = new LinkedHashMap<>();
    private long missing;

    Arrivals(List<String> outputs, int events) {
      buckets.configure(cluster.kafka().serde(), false);
      outputs.forEach(topic -> at.put(topic, new long[events]));
      missing = (long) outputs.size() * events;
    }

    boolean complete() {
      return missing == 0;
    }

    void add(ConsumerRecord<byte[], byte[]> record) {
      long now = System.nanoTime();
      long[] times = at.get(record.topic());
      numbers(record)
          .forEach(
              number -> {
                if (times[number] != 0) {
                  throw new IllegalStateException("an event came twice out of " + record.topic());
                }
                times[number] = now;
                missing--;
              });
    }

    private Stream<Integer> numbers(ConsumerRecord<byte[], byte[]> record) {
      if (record.topic().equals(BenchTopics.OUT)) {
        return Stream.of(
            Integer.valueOf(
                new String(record.headers().lastHeader(EventLoad.NUMBER).value(), UTF_8)));
      }
      return buckets.deserialize(record.topic(), record.value()).getFeedback().stream()
          .map(Feedback::getEventId)
          .map(EventLoad::number);
    }

    Map<String, Histogram> histograms(long start, double interval) {
      if (missing > 0) {
        throw new IllegalStateException(missing + " events have not come out");
      }
      Map<String, Histogram> histograms = new LinkedHashMap<>();
      at.forEach(
          (topic, times) -> {
            Histogram histogram = new Histogram(DIGITS);
            for (int i = (int) (times.length * WARM_UP); i < times.length; i++) {
              long nanos = times[i] - start - (long) (i * interval);
              histogram.recordValue(Math.max(0, TimeUnit.NANOSECONDS.toMicros(nanos)));
            }
            histograms.put(topic, histogram);
          });
      return histograms;
    }
  }
}
