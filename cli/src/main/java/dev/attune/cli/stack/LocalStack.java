package dev.attune.cli.stack;

import dev.attune.cli.CliException;
import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.cluster.PublishedModels;
import dev.attune.cli.console.Console;
import dev.attune.embedded.EmbeddedCluster;
import dev.attune.ingest.IngestApp;
import dev.attune.ingest.IngestConfig;
import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.platform.ManagementServer;
import dev.attune.platform.Meters;
import dev.attune.platform.Service;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.scorer.ScorerApp;
import dev.attune.scorer.ScorerConfig;
import dev.attune.trainer.TrainerApp;
import dev.attune.trainer.TrainerConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything in this process: broker and registry (or a cluster elsewhere), ingest, trainer and
 * scorer on one shared base, and the management endpoint. Used by {@code up}, {@code demo} and
 * {@code evaluate}.
 *
 * <p>Single use: start it, use it, close it. {@link #close} stops what was started in reverse
 * order, so that a service never outlives what it depends on; a failed start closes what it had
 * started. Thread-safe after the start.
 */
public final class LocalStack implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LocalStack.class);

  /** The value of {@code trainer.precision} that leaves the choice to us. */
  private static final String AUTO = "auto";

  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private static final String REPLICATION_FACTOR = "ingest.replication-factor";
  private static final int PRODUCTION_REPLICAS = 3;

  private final List<Service> services = new ArrayList<>();
  private final PrometheusMeterRegistry meters = Meters.registry();
  private final String bootstrapServers;
  private final String registryUrl;
  private final Configuration configuration;
  private final BaseModel base;
  private final ManagementServer management;

  private LocalStack(StackConfig config, Console console) throws Exception {
    started.push(meters::close);
    try {
      // The engine starts, and measures what it is fast at, while the broker starts.
      CompletableFuture<Precision> fastest = CompletableFuture.supplyAsync(Precision::fastest);
      if (config.external()) {
        bootstrapServers = config.settings().get(StackConfig.BOOTSTRAP);
        registryUrl = config.settings().get(StackConfig.REGISTRY);
      } else {
        EmbeddedCluster cluster =
            started(
                EmbeddedCluster.start(
                    config.dataDir().resolve("kafka"), config.brokerPort(), config.registryPort()));
        bootstrapServers = cluster.bootstrapServers();
        registryUrl = cluster.registryUrl();
        console.say("broker " + bootstrapServers + ", registry " + registryUrl);
      }
      configuration = Configuration.of(settings(config));
      configuration.rejectUnknown(keys());
      base = started(loadBase(config, fastest));
      console.say("base " + config.base() + " in " + base.precision());
      services.add(new IngestApp(IngestConfig.from(configuration), meters));
      services.add(new TrainerApp(TrainerConfig.from(configuration), meters, base));
      services.add(new ScorerApp(ScorerConfig.from(configuration), meters, base));
      for (Service service : services) {
        started.push(service);
        service.start();
        console.say(service.name() + " started");
      }
      management = started(ManagementServer.start(config.managementPort(), meters, services));
    } catch (Exception | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Starts everything and returns when all services are started; see {@link #awaitReady}.
   *
   * @throws CliException where a part cannot start; what was started is closed again
   */
  public static LocalStack start(StackConfig config, Console console) {
    try {
      return new LocalStack(config, console);
    } catch (CliException e) {
      throw e;
    } catch (Exception e) {
      throw new CliException("the services cannot start: " + e.getMessage(), e);
    }
  }

  /** Where clients connect to, {@code host:port}. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** The registry's address. */
  public String registryUrl() {
    return registryUrl;
  }

  /** Port of /livez, /readyz and /metrics. */
  public int managementPort() {
    return management.port();
  }

  /** Settings for further clients of the same cluster. */
  public KafkaSettings kafka() {
    return KafkaSettings.from(configuration);
  }

  /** The base that trainer and scorer share. */
  public BaseModel base() {
    return base;
  }

  /** What all services measure. */
  public PrometheusMeterRegistry meters() {
    return meters;
  }

  /** In the order of their start. */
  public List<Service> services() {
    return List.copyOf(services);
  }

  /** Whether every service lives; one that has failed never comes back by itself. */
  public boolean live() {
    return services.stream().allMatch(Service::live);
  }

  /**
   * Waits until every service is ready.
   *
   * @throws CliException naming the services that are not ready in time, or have failed
   */
  public void awaitReady(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (!services.stream().allMatch(Service::ready)) {
      if (!live()) {
        throw new CliException("failed at the start: " + failed() + "; see the log");
      }
      if (System.nanoTime() > end) {
        throw new CliException(
            "not ready after " + limit.toSeconds() + " s: " + names(s -> !s.ready()));
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CliException("interrupted while the services start", e);
      }
    }
  }

  /** Names of the services that do not live, comma-separated. */
  public String failed() {
    return names(service -> !service.live());
  }

  private String names(Predicate<Service> which) {
    return services.stream().filter(which).map(Service::name).collect(Collectors.joining(", "));
  }

  /**
   * The base in the precision of the models that are published already, since a model is of use in
   * its own precision only; where there are none, in the one that is set or the fastest here.
   */
  private BaseModel loadBase(StackConfig config, CompletableFuture<Precision> fastest)
      throws Exception {
    Collection<ModelVersion> published;
    try (PublishedModels models = new PublishedModels(kafka())) {
      published = models.refresh().values();
    }
    String set = configuration.get(TrainerConfig.PRECISION);
    String wanted =
        published.stream()
            .map(ModelVersion::getPrecision)
            .findFirst()
            .orElse(set.equals(AUTO) ? join(fastest).name() : set);
    BaseModel loaded =
        BaseModel.load(config.base(), Precision.valueOf(wanted.toUpperCase(Locale.ROOT)));
    for (ModelVersion model : published) {
      if (!model.getBase().equals(loaded.sha256())) {
        loaded.close();
        throw new CliException(
            "%s: the models of this cluster belong to another base (sha-256 %s); name that one, or start on new data"
                .formatted(config.base(), model.getBase()));
      }
    }
    return loaded;
  }

  private static List<ConfigKey<?>> keys() {
    List<ConfigKey<?>> keys = new ArrayList<>(IngestConfig.keys());
    keys.addAll(TrainerConfig.keys());
    keys.addAll(ScorerConfig.keys());
    return keys;
  }

  private Map<String, String> settings(StackConfig config) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put(StackConfig.BOOTSTRAP, bootstrapServers);
    all.put(StackConfig.REGISTRY, registryUrl);
    all.put("trainer.base", config.base().toString());
    all.put("scorer.base", config.base().toString());
    // An operator's tools: imports, simulations and evaluations send as fast as they can, often as
    // one user and the same texts.
    all.put("ingest.rate.events-per-minute", "0");
    all.put("ingest.abuse.repeated-texts", "0");
    all.put("ingest.abuse.same-position", "0");
    all.put("ingest.state.dir", config.dataDir().resolve("ingest").toString());
    all.put("trainer.state.dir", config.dataDir().resolve("trainer").toString());
    all.put("scorer.users.dir", config.dataDir().resolve("scorer").toString());
    if (!config.external()) {
      // One broker, one process.
      all.put(REPLICATION_FACTOR, "1");
      all.put("ingest.standby-replicas", "0");
      // A killed process's members keep their partitions that long; the default is 45 seconds.
      all.put("kafka.session.timeout.ms", "10000");
    }
    all.putAll(config.settings());
    if (config.external() && !all.containsKey(REPLICATION_FACTOR)) {
      all.put(REPLICATION_FACTOR, String.valueOf(replicas(all)));
    }
    return all;
  }

  /** Ingest's own default, or what a smaller cluster for trying out can have. */
  private static int replicas(Map<String, String> settings) {
    KafkaSettings kafka = KafkaSettings.from(Configuration.of(settings));
    try (Admin admin = KafkaCalls.admin(kafka)) {
      int brokers = KafkaCalls.await(kafka, admin.describeCluster().nodes()).size();
      return Math.min(PRODUCTION_REPLICAS, brokers);
    }
  }

  private <T extends AutoCloseable> T started(T part) {
    started.push(part);
    return part;
  }

  private static <T> T join(CompletableFuture<T> future) throws Exception {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  @Override
  public synchronized void close() {
    while (!started.isEmpty()) {
      AutoCloseable part = started.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOG.atWarn()
            .addKeyValue("part", part.getClass().getSimpleName())
            .setCause(e)
            .log("Could not close a part of the stack");
      }
    }
  }
}
