package dev.attune.ingest;

import dev.attune.ingest.IngestTopology.ValueSerdes;
import dev.attune.ingest.event.PoisonRecords;
import dev.attune.platform.ConfigException;
import dev.attune.platform.Service;
import dev.attune.platform.ServiceRunner;
import dev.attune.platform.ServiceState;
import dev.attune.platform.ServiceState.Phase;
import dev.attune.schemas.serde.WireFormatException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs {@link IngestTopology} with exactly-once processing. Single use; thread-safe.
 *
 * <p>While brokers or the registry cannot be reached it tries again and loses nothing; it is then
 * live but may not be ready. After a failure that trying again cannot help it is not live.
 */
public final class IngestApp implements Service {
  private static final Logger LOG = LoggerFactory.getLogger(IngestApp.class);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration PAUSE_BEFORE_RETRY = Duration.ofSeconds(1);

  /** As large as a record of the bucket and rejected topics may be. */
  private static final int MAX_RECORD_BYTES = 2 << 20;

  private static final int PRODUCER_BATCH_BYTES = 128 << 10;

  /** After a crash the partitions move within this time; a user's own setting wins. */
  private static final int SESSION_TIMEOUT_MILLIS = 10_000;

  /** How often it is looked whether a new process has caught up and can take partitions over. */
  private static final long PROBING_REBALANCE_MILLIS = 60_000;

  private static final long STORE_CACHE_BYTES = 16L << 20;

  private final ServiceState state = new ServiceState("ingest");
  private final AtomicBoolean everRunning = new AtomicBoolean();
  private final IngestConfig config;
  private final PoisonRecords poison;
  private final LeavingClients clients = new LeavingClients();
  private final ValueSerdes serdes;
  private final Topology topology;
  private final KafkaStreams streams;
  private final KafkaStreamsMetrics metrics;
  private final Thread starter = new Thread(this::startWhenTheClusterIsReady, "ingest-start");

  /**
   * Makes it ready to be started; connects to nothing yet.
   *
   * @param meters where its meters and those of its Kafka clients go; not closed here
   */
  public IngestApp(IngestConfig config, MeterRegistry meters) {
    this(config, meters, UnaryOperator.identity());
  }

  /**
   * The same with a changed topology.
   *
   * @param change for tests, such as a processor that fails
   */
  IngestApp(IngestConfig config, MeterRegistry meters, UnaryOperator<Topology> change) {
    this.config = config;
    this.poison = new PoisonRecords(config.operation().maxAttempts());
    this.serdes = ValueSerdes.avro().configured(config.kafka().serde());
    this.topology =
        change.apply(IngestTopology.build(config, serdes, meters, InstantSource.system(), poison));
    this.streams = new KafkaStreams(topology, properties(config, poison), clients);
    streams.setUncaughtExceptionHandler(this::onFailure);
    streams.setStateListener((now, before) -> onState(now));
    this.metrics = new KafkaStreamsMetrics(streams);
    metrics.bindTo(meters);
  }

  /** Runs as a process; see {@link ServiceRunner}. */
  public static void main(String[] arguments) {
    System.exit(
        ServiceRunner.run(
            arguments,
            IngestConfig.keys(),
            (configuration, meters) -> new IngestApp(IngestConfig.from(configuration), meters)));
  }

  @Override
  public String name() {
    return "ingest";
  }

  @Override
  public void start() {
    state.to(Phase.STARTING);
    starter.setDaemon(true);
    starter.start();
  }

  /** Brokers that are away are waited for; topics that cannot be worked with are a failure. */
  private void startWhenTheClusterIsReady() {
    try {
      awaitTopics();
      synchronized (streams) {
        if (state.phase() == Phase.STARTING) {
          streams.start();
          state.tryTo(Phase.RUNNING);
        }
      }
    } catch (InterruptedException e) {
      LOG.atDebug().log("closed before the start");
    } catch (ConfigException e) {
      LOG.atError().addKeyValue("problem", e.getMessage()).log("ingest cannot start");
      state.tryTo(Phase.FAILED);
    } catch (RuntimeException | Error e) {
      LOG.atError().setCause(e).log("ingest cannot start");
      state.tryTo(Phase.FAILED);
    }
  }

  private void awaitTopics() throws InterruptedException {
    Map<String, Object> settings = new HashMap<>(config.kafka().admin("attune-ingest-start"));
    settings.putIfAbsent(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 20_000);
    settings.putIfAbsent(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    try (Admin admin = Admin.create(settings)) {
      String before = "";
      while (true) {
        String waiting = lookAtTopics(admin);
        if (waiting.isEmpty()) {
          return;
        }
        if (!waiting.equals(before)) {
          LOG.atWarn().addKeyValue("reason", waiting).log("waiting for the brokers");
          before = waiting;
        }
        Thread.sleep(PAUSE_BEFORE_RETRY.toMillis());
      }
    }
  }

  /** What is to be waited for; empty where ingest can start. */
  private String lookAtTopics(Admin admin) throws InterruptedException {
    try {
      TopicLayout layout =
          TopicLayout.of(
              admin,
              config.applicationId(),
              internalTopics(),
              config.operation().replicationFactor());
      if (!layout.errors().isEmpty()) {
        throw new ConfigException(String.join("; ", layout.errors()));
      }
      if (layout.usable()) {
        layout
            .warnings()
            .forEach(warning -> LOG.atWarn().addKeyValue("problem", warning).log("topics"));
      }
      return layout.waiting();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      // A topic that has just been made may not be known to every broker yet.
      if (cause instanceof RetriableException) {
        return cause.getClass().getSimpleName();
      }
      throw new ConfigException(
          config.kafka().bootstrapServers() + ": " + rootOf(e).getMessage(), e);
    }
  }

  private Set<String> internalTopics() {
    return topology.describe().subtopologies().stream()
        .flatMap(part -> part.nodes().stream())
        .filter(TopologyDescription.Processor.class::isInstance)
        .flatMap(node -> ((TopologyDescription.Processor) node).stores().stream())
        .map(store -> ChangelogKeys.topic(config.applicationId(), store))
        .collect(Collectors.toSet());
  }

  @Override
  public boolean live() {
    return state.live();
  }

  /** True from the first assignment on, also while partitions move: rolling restarts need that. */
  @Override
  public boolean ready() {
    return state.running() && everRunning.get() && streams.state().isRunningOrRebalancing();
  }

  @Override
  public void close() {
    Phase before = state.phase();
    state.tryTo(Phase.STOPPING);
    metrics.close();
    starter.interrupt();
    if (!closeStreams()) {
      LOG.atWarn().log("ingest was not closed in time; its open transaction will be aborted");
    }
    serdes.close();
    state.tryTo(Phase.STOPPED);
    LOG.atDebug().addKeyValue("before", before).log("ingest closed");
  }

  private boolean closeStreams() {
    CloseOptions.GroupMembershipOperation membership =
        leavesGroup()
            ? CloseOptions.GroupMembershipOperation.LEAVE_GROUP
            : CloseOptions.GroupMembershipOperation.REMAIN_IN_GROUP;
    synchronized (streams) {
      return streams.close(
          CloseOptions.timeout(CLOSE_TIMEOUT).withGroupMembershipOperation(membership));
    }
  }

  private boolean leavesGroup() {
    return switch (config.operation().onClose()) {
      case LEAVE -> true;
      case REMAIN -> false;
      case AUTO -> !properties(config).containsKey(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    };
  }

  private void onState(KafkaStreams.State now) {
    if (now == KafkaStreams.State.RUNNING) {
      everRunning.set(true);
    }
    if (now == KafkaStreams.State.ERROR) {
      state.tryTo(Phase.FAILED);
    }
  }

  private StreamThreadExceptionResponse onFailure(Throwable failure) {
    boolean again = retriable(failure) || poison.explains(failure);
    LOG.atError()
        .addKeyValue("exception", failure.getClass().getName())
        .addKeyValue("cause", rootOf(failure).getClass().getName())
        .addKeyValue("again", again)
        .log("a stream thread failed");
    if (!again) {
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }
    try {
      Thread.sleep(PAUSE_BEFORE_RETRY.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    clients.leaveWhenClosed();
    return StreamThreadExceptionResponse.REPLACE_THREAD;
  }

  private static boolean retriable(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RetriableException
          || (cause instanceof WireFormatException wire && wire.isRetriable())) {
        return true;
      }
    }
    return false;
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  /** What Kafka Streams is run with; a yardstick with the same guarantees takes the same. */
  public static Properties properties(IngestConfig config) {
    return properties(config, new PoisonRecords(config.operation().maxAttempts()));
  }

  private static Properties properties(IngestConfig config, PoisonRecords poison) {
    Properties properties = new Properties();
    properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_TIMEOUT_MILLIS);
    properties.put(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG, PROBING_REBALANCE_MILLIS);
    properties.putAll(config.kafka().admin(config.applicationId()));
    OperationConfig operation = config.operation();
    operation
        .instance()
        .ifPresent(name -> properties.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, name));
    properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, operation.replicationFactor());
    properties.put(
        StreamsConfig.topicPrefix(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG),
        Integer.toString(operation.minInSyncReplicas()));
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, config.applicationId());
    properties.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDir().toString());
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, config.threads());
    properties.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, operation.standbyReplicas());
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitInterval().toMillis());
    // Wall-clock punctuation waits for the poll to return.
    properties.put(StreamsConfig.POLL_MS_CONFIG, IngestTopology.tick(config).toMillis());
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, STORE_CACHE_BYTES);
    properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
    properties.put(
        StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, FailingExceptionHandler.class);
    properties.put(FailingExceptionHandler.POISON_RECORDS, poison);
    properties.put(
        StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), MAX_RECORD_BYTES);
    // A commit sends all that waits; a batch that is full before wakes the sender each time.
    properties.put(
        StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), PRODUCER_BATCH_BYTES);
    properties.put(
        StreamsConfig.topicPrefix(TopicConfig.MAX_MESSAGE_BYTES_CONFIG),
        Integer.toString(MAX_RECORD_BYTES));
    return properties;
  }
}
