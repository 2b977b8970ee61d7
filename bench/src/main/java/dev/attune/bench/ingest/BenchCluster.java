package dev.attune.bench.ingest;

import dev.attune.ingest.IngestConfig;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.platform.Service;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A cluster, and contenders started on it under names that were never used. One thread at a time.
 */
final class BenchCluster implements AutoCloseable {
  private static final long START_TIMEOUT_SECONDS = 120;

  private final AtomicInteger runs = new AtomicInteger();
  private final Map<String, String> settings;
  private final Path stateDir;
  private final KafkaSettings kafka;
  private final BenchTopics topics;

  /**
   * A cluster that has the catalogue's topics and schemas.
   *
   * @param settings of ingest, such as where the brokers and the registry are
   * @param stateDir for the state of all contenders
   */
  BenchCluster(Map<String, String> settings, Path stateDir) {
    this.settings = Map.copyOf(settings);
    this.stateDir = stateDir;
    this.kafka = KafkaSettings.from(Configuration.of(settings));
    this.topics = new BenchTopics(kafka);
  }

  KafkaSettings kafka() {
    return kafka;
  }

  BenchTopics topics() {
    return topics;
  }

  /** Starts instances of a contender in this process and waits until all have partitions. */
  Started start(Contender contender, int instances) {
    String group = "bench-" + runs.getAndIncrement();
    List<Service> services = new ArrayList<>();
    Started started = new Started(group, services);
    try {
      for (int i = 0; i < instances; i++) {
        services.add(contender.start(config(group, i)));
      }
      Waiting.until(
          START_TIMEOUT_SECONDS,
          contender.title() + " has not started",
          () -> {
            started.check();
            return services.stream().allMatch(Service::ready)
                && topics.settled(group, instances * config(group, 0).threads());
          });
      return started;
    } catch (RuntimeException e) {
      started.close();
      throw e;
    }
  }

  IngestConfig config() {
    return config("bench", 0);
  }

  @Override
  public void close() {
    topics.close();
  }

  private IngestConfig config(String group, int instance) {
    Map<String, String> own = new HashMap<>(settings);
    own.put("ingest.application-id", group);
    own.put("ingest.state.dir", stateDir.resolve(group + "-" + instance).toString());
    return IngestConfig.from(Configuration.of(own));
  }

  /** Running instances; what they leave in the cluster goes with them. */
  final class Started implements AutoCloseable {
    private final String group;
    private final List<Service> services;

    private Started(String group, List<Service> services) {
      this.group = group;
      this.services = services;
    }

    String group() {
      return group;
    }

    /**
     * Fails if one cannot work any more.
     *
     * @throws IllegalStateException if so
     */
    void check() {
      services.forEach(
          service -> {
            if (!service.live()) {
              throw new IllegalStateException(service.name() + " has failed");
            }
          });
    }

    @Override
    public void close() {
      services.forEach(Service::close);
      topics.forget(group);
    }
  }
}
