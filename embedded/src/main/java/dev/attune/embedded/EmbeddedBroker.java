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
import java.util.stream.Collectors;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.SharedServer;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.server.fault.FaultHandler;
import org.apache.kafka.server.fault.LoggingFaultHandler;
import org.apache.kafka.server.fault.ProcessTerminatingFaultHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/**
 * One Kafka node, broker and KRaft controller in one, on this machine's loopback. It is meant for
 * trying out and for tests, and has no security. By itself it keeps one replica; as one node of a
 * cluster of several processes ({@link BrokerNode}) it keeps up to three.
 *
 * <p>Its folder holds everything: a node started on a folder again, also after its process was
 * killed, has the same topics, records and committed offsets. One process at a time may use a
 * folder.
 *
 * <p>Kafka's server classes are no public API; this is the only class that knows them.
 */
public final class EmbeddedBroker implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddedBroker.class);
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
    return start(dir, new BrokerNode.Ports(port, 0), null);
  }

  /**
   * Starts one node of a cluster and returns when it takes requests, which is not before most of
   * the cluster's nodes have started. Where Kafka cannot go on, it ends the process.
   *
   * @throws UncheckedIOException if a port or the folder cannot be used
   * @throws IllegalStateException if the node does not start
   */
  static EmbeddedBroker start(Path dir, BrokerNode node) {
    return start(dir, node.ports(), node);
  }

  private static EmbeddedBroker start(Path dir, BrokerNode.Ports ports, @Nullable BrokerNode node) {
    // Bound before Kafka starts, so that nothing can take the ports in between.
    ServerSocketChannel clients = bind(ports.clients());
    ServerSocketChannel quorum;
    try {
      quorum = bind(ports.quorum());
    } catch (RuntimeException e) {
      closeQuietly(clients);
      throw e;
    }
    FolderLock lock = null;
    try {
      lock = FolderLock.take(dir);
      BrokerNode alone =
          new BrokerNode(
              BrokerNode.newClusterId(),
              1,
              List.of(new BrokerNode.Ports(port(clients), port(quorum))));
      return start(dir, node == null ? alone : node, clients, quorum, lock);
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
      Path dir,
      BrokerNode node,
      ServerSocketChannel clients,
      ServerSocketChannel quorum,
      FolderLock lock)
      throws Exception {
    format(dir, node);
    KafkaConfig config = new KafkaConfig(configs(dir, node), false);
    Tuple2<MetaPropertiesEnsemble, BootstrapMetadata> storage =
        KafkaRaftServer.initializeLogDirs(config, LOGGER, "");
    Map<String, ServerSocketChannel> sockets = Map.of(CLIENTS, clients, CONTROLLER, quorum);
    SharedServer shared =
        new SharedServer(
            config,
            storage._1(),
            Time.SYSTEM,
            new Metrics(),
            CompletableFuture.completedFuture(voters(node)),
            List.of(),
            (name, fatal, action) -> faults(node, name, fatal, action),
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
    return new EmbeddedBroker(address(port(clients)), controller, broker, lock);
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

  private static void format(Path dir, BrokerNode node) throws Exception {
    Formatter formatter =
        new Formatter()
            .setPrintStream(
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
            .setNodeId(node.id())
            .setClusterId(node.clusterId())
            .setReleaseVersion(MetadataVersion.latestProduction())
            .setControllerListenerName(CONTROLLER)
            .setMetadataLogDirectory(dir.toString())
            .addDirectory(dir.toString())
            .setIgnoreFormatted(true);
    if (!Files.exists(dir.resolve("meta.properties"))) {
      formatter.run();
    }
  }

  private static Map<Integer, InetSocketAddress> voters(BrokerNode node) {
    Map<Integer, InetSocketAddress> voters = new HashMap<>();
    for (int i = 0; i < node.cluster().size(); i++) {
      voters.put(
          i + 1,
          new InetSocketAddress(InetAddress.getLoopbackAddress(), node.cluster().get(i).quorum()));
    }
    return voters;
  }

  /** Kafka's own handler would end this process, which is the broker's alone only in a cluster. */
  private static FaultHandler faults(BrokerNode node, String name, boolean fatal, Runnable action) {
    return fatal && node.cluster().size() > 1
        ? new ProcessTerminatingFaultHandler.Builder().setShouldHalt(true).setAction(action).build()
        : new LoggingFaultHandler(name, action);
  }

  private static Map<String, String> configs(Path dir, BrokerNode node) {
    String clientAddress = address(node.ports().clients());
    String quorumAddress = address(node.ports().quorum());
    String voters =
        voters(node).entrySet().stream()
            .map(voter -> voter.getKey() + "@" + address(voter.getValue().getPort()))
            .collect(Collectors.joining(","));
    // Of three replicas two must have a record: one node may be away and none is lost.
    String replicas = String.valueOf(Math.min(3, node.cluster().size()));
    String inSync = node.cluster().size() < 3 ? "1" : "2";
    Map<String, String> configs = new HashMap<>();
    configs.put("process.roles", "broker,controller");
    configs.put("node.id", String.valueOf(node.id()));
    configs.put("controller.quorum.voters", voters);
    configs.put(
        "listeners", CLIENTS + "://" + clientAddress + "," + CONTROLLER + "://" + quorumAddress);
    configs.put(
        "listener.security.protocol.map", CLIENTS + ":PLAINTEXT," + CONTROLLER + ":PLAINTEXT");
    configs.put("inter.broker.listener.name", CLIENTS);
    configs.put("controller.listener.names", CONTROLLER);
    configs.put("log.dirs", dir.toString());
    configs.put("auto.create.topics.enable", "false");
    configs.put("default.replication.factor", replicas);
    configs.put("min.insync.replicas", inSync);
    configs.put("offsets.topic.replication.factor", replicas);
    configs.put("transaction.state.log.replication.factor", replicas);
    configs.put("transaction.state.log.min.isr", inSync);
    configs.put("share.coordinator.state.topic.replication.factor", replicas);
    configs.put("share.coordinator.state.topic.min.isr", inSync);
    // A few clients, not a data centre: fewer internal partitions, threads and buffers.
    configs.put("offsets.topic.num.partitions", "4");
    configs.put("transaction.state.log.num.partitions", "4");
    configs.put("share.coordinator.state.topic.num.partitions", "1");
    configs.put("group.initial.rebalance.delay.ms", "0");
    configs.put("num.network.threads", "2");
    configs.put("num.io.threads", "4");
    configs.put("log.cleaner.dedupe.buffer.size", String.valueOf(4 * 1024 * 1024));
    // Someone who tries Attune out may come back after months.
    configs.put("offsets.retention.minutes", String.valueOf(Duration.ofDays(3650).toMinutes()));
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

  private static String address(int port) {
    return "127.0.0.1:" + port;
  }

  private static int port(ServerSocketChannel channel) throws IOException {
    return ((InetSocketAddress) channel.getLocalAddress()).getPort();
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
