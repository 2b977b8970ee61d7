package dev.attune.ingest;

import dev.attune.ingest.IngestTopology.ValueSerdes;
import dev.attune.platform.Service;
import dev.attune.platform.ServiceRunner;
import dev.attune.platform.ServiceState;
import dev.attune.platform.ServiceState.Phase;
import dev.attune.schemas.serde.WireFormatException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
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

  /** After a crash the partitions move within this time; a user's own setting wins. */
  private static final int SESSION_TIMEOUT_MILLIS = 10_000;

  private static final long STORE_CACHE_BYTES = 16L << 20;

  private final ServiceState state = new ServiceState("ingest");
  private final AtomicBoolean everRunning = new AtomicBoolean();
  private final ValueSerdes serdes;
  private final KafkaStreams streams;
  private final KafkaStreamsMetrics metrics;

  /**
   * Makes it ready to be started; connects to nothing yet.
   *
   * @param meters where its meters and those of its Kafka clients go; not closed here
   */
  public IngestApp(IngestConfig config, MeterRegistry meters) {
    this.serdes = ValueSerdes.avro().configured(config.kafka().serde());
    this.streams =
        new KafkaStreams(
            IngestTopology.build(config, serdes, meters, InstantSource.system()),
            properties(config));
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
    streams.start();
    state.tryTo(Phase.RUNNING);
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
    if (!streams.close(CLOSE_TIMEOUT)) {
      LOG.atWarn().log("ingest was not closed in time; its open transaction will be aborted");
    }
    serdes.close();
    state.tryTo(Phase.STOPPED);
    LOG.atDebug().addKeyValue("before", before).log("ingest closed");
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
    boolean again = retriable(failure);
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

  static Properties properties(IngestConfig config) {
    Properties properties = new Properties();
    properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_TIMEOUT_MILLIS);
    properties.putAll(config.kafka().admin(config.applicationId()));
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, config.applicationId());
    properties.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDir().toString());
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, config.threads());
    properties.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, config.standbyReplicas());
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitInterval().toMillis());
    // Wall-clock punctuation waits for the poll to return.
    properties.put(StreamsConfig.POLL_MS_CONFIG, IngestTopology.tick(config).toMillis());
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, STORE_CACHE_BYTES);
    properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
    properties.put(
        StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, FailingExceptionHandler.class);
    properties.put(
        StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), MAX_RECORD_BYTES);
    properties.put(
        StreamsConfig.topicPrefix(TopicConfig.MAX_MESSAGE_BYTES_CONFIG),
        Integer.toString(MAX_RECORD_BYTES));
    return properties;
  }
}
