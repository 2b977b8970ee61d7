package dev.attune.embedded;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.SharedServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.server.fault.LoggingFaultHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/**
 * One Kafka node, broker and KRaft controller in one, on this machine's loopback. It is meant for
 * trying out and for tests: one replica, no security.
 *
 * <p>Its folder holds everything: a node started on a folder again, also after its process was
 * killed, has the same topics, records and committed offsets. One process at a time may use a
 * folder.
 *
 * <p>Kafka's server classes are no public API; this is the only class that knows them.
 */
public final class EmbeddedBroker implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddedBroker.class);
  private static final int NODE_ID = 1;
  private static final String CLIENTS = "PLAINTEXT";
  private static final String CONTROLLER = "CONTROLLER";
  private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(10);

  private final String bootstrapServers;
  private final ControllerServer controller;
  private final BrokerServer broker;
  private final FolderLock lock;
  private boolean closed;

  private EmbeddedBroker(
      String bootstrapServers, ControllerServer controller, BrokerServer broker, FolderLock lock) {
    this.bootstrapServers = bootstrapServers;
    this.controller = controller;
    this.broker = broker;
    this.lock = lock;
  }

  /**
   * Starts a node and returns when it takes requests.
   *
   * @param dir made where it does not exist; a folder that a node was started on is gone on with
   * @param port for clients, on 127.0.0.1; 0 takes a free one, another one at each start
   * @throws UncheckedIOException if the port or the folder cannot be used
   * @throws IllegalStateException if the node does not start, such as when another process uses the
   *     folder
   */
  public static EmbeddedBroker start(Path dir, int port) {
    // Bound before Kafka starts, so that nothing can take the ports in between.
    ServerSocketChannel clients = bind(port);
    ServerSocketChannel quorum;
    try {
      quorum = bind(0);
    } catch (RuntimeException e) {
      closeQuietly(clients);
      throw e;
    }
    FolderLock lock = null;
    try {
      lock = FolderLock.take(dir);
      return start(dir, clients, quorum, lock);
    } catch (Exception e) {
      closeQuietly(clients);
      closeQuietly(quorum);
      closeQuietly(lock);
      throw e instanceof IOException io
          ? new UncheckedIOException("The broker's folder " + dir + " cannot be used", io)
          : new IllegalStateException(
              "The broker did not start on " + dir + ": " + e.getMessage(), e);
    }
  }

  private static EmbeddedBroker start(
      Path dir, ServerSocketChannel clients, ServerSocketChannel quorum, FolderLock lock)
      throws Exception {
    String clientAddress = address(clients);
    String quorumAddress = address(quorum);
    format(dir);
    KafkaConfig config = new KafkaConfig(configs(dir, clientAddress, quorumAddress), false);
    Tuple2<MetaPropertiesEnsemble, BootstrapMetadata> storage =
        KafkaRaftServer.initializeLogDirs(config, LOGGER, "");
    Map<String, ServerSocketChannel> sockets = Map.of(CLIENTS, clients, CONTROLLER, quorum);
    SharedServer shared =
        new SharedServer(
            config,
            storage._1(),
            Time.SYSTEM,
            new Metrics(),
            CompletableFuture.completedFuture(
                Map.of(NODE_ID, (InetSocketAddress) quorum.getLocalAddress())),
            List.of(),
            // Kafka's own handler would end this process, which is not the broker's alone.
            (name, fatal, action) -> new LoggingFaultHandler(name, action),
            (listener, address, backlog, receiveBuffer) -> sockets.get(listener));
    ControllerServer controller =
        new ControllerServer(shared, KafkaRaftServer.configSchema(), storage._2());
    BrokerServer broker = new BrokerServer(shared);
    // Each of the two cleans up after itself where its start fails.
    controller.startup();
    try {
      broker.startup();
    } catch (Exception | Error e) {
      // Scala code throws checked exceptions without saying so.
      controller.shutdown();
      throw e;
    }
    return new EmbeddedBroker(clientAddress, controller, broker, lock);
  }

  /** What clients connect to. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** Stops the node; its folder can be started on again. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    // The broker says good-bye to the controller, so that goes last.
    broker.shutdown(SHUTDOWN_TIMEOUT);
    controller.shutdown();
    closeQuietly(lock);
  }

  private static void format(Path dir) throws Exception {
    Formatter formatter =
        new Formatter()
            .setPrintStream(
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
            .setNodeId(NODE_ID)
            .setClusterId(Uuid.randomUuid().toString())
            .setReleaseVersion(MetadataVersion.latestProduction())
            .setControllerListenerName(CONTROLLER)
            .setMetadataLogDirectory(dir.toString())
            .addDirectory(dir.toString())
            .setIgnoreFormatted(true);
    if (!Files.exists(dir.resolve("meta.properties"))) {
      formatter.run();
    }
  }

  private static Map<String, String> configs(Path dir, String clientAddress, String quorumAddress) {
    Map<String, String> configs = new HashMap<>();
    configs.put("process.roles", "broker,controller");
    configs.put("node.id", String.valueOf(NODE_ID));
    configs.put("controller.quorum.voters", NODE_ID + "@" + quorumAddress);
    configs.put(
        "listeners", CLIENTS + "://" + clientAddress + "," + CONTROLLER + "://" + quorumAddress);
    configs.put(
        "listener.security.protocol.map", CLIENTS + ":PLAINTEXT," + CONTROLLER + ":PLAINTEXT");
    configs.put("inter.broker.listener.name", CLIENTS);
    configs.put("controller.listener.names", CONTROLLER);
    configs.put("log.dirs", dir.toString());
    configs.put("auto.create.topics.enable", "false");
    // One node holds all replicas.
    configs.put("offsets.topic.replication.factor", "1");
    configs.put("transaction.state.log.replication.factor", "1");
    configs.put("transaction.state.log.min.isr", "1");
    configs.put("share.coordinator.state.topic.replication.factor", "1");
    configs.put("share.coordinator.state.topic.min.isr", "1");
    // A few clients, not a data centre: fewer internal partitions, threads and buffers.
    configs.put("offsets.topic.num.partitions", "4");
    configs.put("transaction.state.log.num.partitions", "4");
    configs.put("share.coordinator.state.topic.num.partitions", "1");
    configs.put("group.initial.rebalance.delay.ms", "0");
    configs.put("num.network.threads", "2");
    configs.put("num.io.threads", "4");
    configs.put("log.cleaner.dedupe.buffer.size", String.valueOf(4 * 1024 * 1024));
    // After a kill the node waits until its own earlier session has expired.
    configs.put("broker.session.timeout.ms", "3000");
    configs.put("broker.heartbeat.interval.ms", "500");
    return configs;
  }

  private static ServerSocketChannel bind(int port) {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    ServerSocketChannel channel = null;
    try {
      channel = ServerSocketChannel.open();
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      channel.configureBlocking(false);
      return channel.bind(address);
    } catch (IOException e) {
      if (channel != null) {
        closeQuietly(channel);
      }
      throw new UncheckedIOException("Port " + port + " on 127.0.0.1 cannot be used", e);
    }
  }

  private static String address(ServerSocketChannel channel) throws IOException {
    return "127.0.0.1:" + ((InetSocketAddress) channel.getLocalAddress()).getPort();
  }

  private static void closeQuietly(@Nullable Closeable resource) {
    try {
      if (resource != null) {
        resource.close();
      }
    } catch (IOException e) {
      LOGGER.atDebug().setCause(e).log("A socket or lock did not close");
    }
  }
}
