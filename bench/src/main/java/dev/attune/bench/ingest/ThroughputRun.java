package dev.attune.bench.ingest;

import com.sun.management.OperatingSystemMXBean;
import dev.attune.bench.ingest.BenchCluster.Started;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Reads a topic of so many events to its end. The events are written in one transaction, which is
 * committed when the contender has its partitions, so that none is seen before the start.
 *
 * <p>The time counts from the first commit at or after a fifth of the events to the commit of the
 * last one: starting up is left out, and what waits in open buckets at the end is about what waited
 * there at the beginning.
 */
final class ThroughputRun {
  private static final double START = .2;
  private static final long TIMEOUT_SECONDS = 300;
  private static final int FILL_TIMEOUT_MILLIS = 600_000;
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private final BenchCluster cluster;
  private final EventLoad load;
  private final int events;

  ThroughputRun(BenchCluster cluster, EventLoad load, int events) {
    this.cluster = cluster;
    this.load = load;
    this.events = events;
  }

  /**
   * What an event took.
   *
   * @param seconds by the clock on the wall
   * @param processorSeconds of this process: contender and, where it runs here, broker
   */
  record PerEvent(double seconds, double processorSeconds) {}

  PerEvent run(Contender contender, int instances) {
    cluster.topics().renew();
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      producer.initTransactions();
      producer.beginTransaction();
      Map<TopicPartition, Long> last = send(producer);
      try (Started started = cluster.start(contender, instances)) {
        producer.commitTransaction();
        return measure(started, last);
      }
    }
  }

  private PerEvent measure(Started started, Map<TopicPartition, Long> last) {
    Mark first = Mark.at(0);
    AtomicReference<Mark> fifth = new AtomicReference<>(first);
    Waiting.until(
        TIMEOUT_SECONDS,
        "the events have not been read",
        () -> {
          started.check();
          long done = done(last, cluster.topics().committed(started.group()));
          if (fifth.get().equals(first) && done >= START * events && done < events) {
            fifth.set(Mark.at(done));
          }
          return done == events;
        });
    return fifth.get().until(Mark.at(events));
  }

  /** How far it is, and when. */
  private record Mark(long done, long nanos, long processorNanos) {
    static Mark at(long done) {
      return new Mark(done, System.nanoTime(), SYSTEM.getProcessCpuTime());
    }

    PerEvent until(Mark end) {
      double counted = (end.done - done) * 1e9;
      return new PerEvent(
          (end.nanos - nanos) / counted, (end.processorNanos - processorNanos) / counted);
    }
  }

  private static long done(
      Map<TopicPartition, Long> last, Map<TopicPartition, OffsetAndMetadata> committed) {
    long done = 0;
    for (Map.Entry<TopicPartition, Long> partition : last.entrySet()) {
      OffsetAndMetadata next = committed.get(partition.getKey());
      // A position may stand behind the transaction's own mark.
      done += next == null ? 0 : Math.min(next.offset(), partition.getValue() + 1);
    }
    return done;
  }

  private Map<TopicPartition, Long> send(KafkaProducer<byte[], byte[]> producer) {
    Map<TopicPartition, Long> last = new ConcurrentHashMap<>();
    for (int i = 0; i < events; i++) {
      producer.send(
          load.record(i),
          (metadata, failure) -> {
            if (failure == null) {
              last.merge(
                  new TopicPartition(metadata.topic(), metadata.partition()),
                  metadata.offset(),
                  Math::max);
            }
          });
    }
    producer.flush();
    return new HashMap<>(last);
  }

  private KafkaProducer<byte[], byte[]> producer() {
    Map<String, Object> settings = cluster.kafka().transactionalProducer("bench-fill");
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 20);
    // The first batch for a new topic may be refused; those behind it would then be out of order.
    settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, FILL_TIMEOUT_MILLIS);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
