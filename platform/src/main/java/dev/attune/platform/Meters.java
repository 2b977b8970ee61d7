package dev.attune.platform;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Set;

/**
 * The one registry of a process's meters. It has the build's version, what the JVM does, and of the
 * some 400 meters of the Kafka clients those that an operator needs; other meters are free to join.
 */
public final class Meters {
  /** Lag, throughput, errors, transactions, and how Streams and its stores fare. */
  private static final Set<String> KAFKA =
      Set.of(
          "kafka.consumer.fetch.manager.records.lag",
          "kafka.consumer.fetch.manager.records.lag.max",
          "kafka.consumer.fetch.manager.records.consumed.total",
          "kafka.consumer.fetch.manager.fetch.latency.avg",
          "kafka.consumer.coordinator.rebalance.total",
          "kafka.consumer.coordinator.failed.rebalance.total",
          "kafka.consumer.coordinator.assigned.partitions",
          "kafka.consumer.last.poll.seconds.ago",
          "kafka.producer.record.send.total",
          "kafka.producer.record.error.total",
          "kafka.producer.record.retry.total",
          "kafka.producer.request.latency.avg",
          "kafka.producer.txn.commit.time.ns.total",
          "kafka.producer.txn.abort.time.ns.total",
          "kafka.stream.failed.stream.threads",
          "kafka.stream.alive.stream.threads",
          "kafka.stream.client.state",
          "kafka.stream.thread.process.latency.avg",
          "kafka.stream.thread.process.total",
          "kafka.stream.thread.commit.latency.max",
          "kafka.stream.thread.commit.total",
          "kafka.stream.thread.punctuate.latency.max",
          "kafka.stream.task.dropped.records.total",
          "kafka.stream.task.record.lateness.max",
          "kafka.stream.task.active.process.ratio",
          "kafka.stream.task.restore.remaining.records.total",
          "kafka.stream.state.block.cache.usage",
          "kafka.stream.state.size.all.mem.tables",
          "kafka.stream.state.total.sst.files.size");

  private Meters() {}

  /** The meters of the Kafka clients that are kept, by their dotted names. */
  public static Set<String> kafka() {
    return KAFKA;
  }

  /** A new registry, filled as the class says. It is the caller's to close. */
  public static PrometheusMeterRegistry registry() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.config().meterFilter(MeterFilter.deny(Meters::unwanted));
    BuildInfo build = BuildInfo.ofThisBuild();
    Gauge.builder("attune.build.info", () -> 1)
        .description("Always 1; the labels say what is running")
        .tag("version", build.version())
        .tag("revision", build.revision())
        .register(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    bindGc(registry);
    return registry;
  }

  /** Its listeners live as long as the process, as the JVM's collectors do. */
  @SuppressWarnings("resource")
  private static void bindGc(PrometheusMeterRegistry registry) {
    new JvmGcMetrics().bindTo(registry);
  }

  private static boolean unwanted(Meter.Id id) {
    return id.getName().startsWith("kafka.") && !KAFKA.contains(id.getName());
  }
}
