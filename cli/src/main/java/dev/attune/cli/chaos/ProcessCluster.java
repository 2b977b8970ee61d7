package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.cli.chaos.ChildProcess.Kind;
import dev.attune.embedded.BrokerNode;
import dev.attune.embedded.ClusterSetup;
import dev.attune.embedded.EmbeddedRegistry;
import dev.attune.ingest.IngestApp;
import dev.attune.platform.KafkaSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/**
 * Brokers and ingest processes on this machine, each a process of its own that may be killed, and a
 * schema registry in this process, which is not. Everything lies in one folder: {@code broker-N},
 * {@code ingest-N} and {@code logs}. Not thread-safe.
 */
final class ProcessCluster implements AutoCloseable {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);
  private static final long LOOK_MILLIS = 200;
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);

  // Below the ports that systems give to outgoing connections: a dead node's port stays free.
  private static final int LOWEST_PORT = 15_000;
  private static final int HIGHEST_PORT = 32_000;

  private final List<ChildProcess> brokers = new ArrayList<>();
  private final List<ChildProcess> ingest = new ArrayList<>();
  private final Map<ChildProcess, URI> readiness = new HashMap<>();
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(ANSWER_TIMEOUT).build();
  private final String bootstrapServers;
  private final Admin admin;
  private @Nullable EmbeddedRegistry registry;

  private ProcessCluster(List<BrokerNode.Ports> ports, Path dir) {
    String clusterId = BrokerNode.newClusterId();
    bootstrapServers =
        ports.stream().map(each -> "127.0.0.1:" + each.clients()).collect(Collectors.joining(","));
    for (int id = 1; id <= ports.size(); id++) {
      String name = "broker-" + id;
      List<String> arguments = new BrokerNode(clusterId, id, ports).arguments(dir.resolve(name));
      brokers.add(
          new ChildProcess(name, Kind.BROKER, BrokerNode.class, arguments, dir.resolve("logs")));
    }
    admin =
        Admin.create(
            Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "client.id",
                "attune-chaos-admin",
                "reconnect.backoff.max.ms",
                "1000",
                "enable.metrics.push",
                "false"));
  }

  /**
   * Starts everything and returns when all of it is ready.
   *
   * @throws CliException if it is not ready in time
   */
  static ProcessCluster start(ChaosSettings settings, Path dir, Deadline deadline)
      throws InterruptedException, IOException {
    Files.createDirectories(dir.resolve("logs"));
    List<Integer> ports = freePorts(2 * settings.brokers() + settings.instances());
    List<BrokerNode.Ports> nodes =
        IntStream.range(0, settings.brokers())
            .mapToObj(i -> new BrokerNode.Ports(ports.get(2 * i), ports.get(2 * i + 1)))
            .toList();
    ProcessCluster cluster = new ProcessCluster(nodes, dir);
    try {
      cluster.brokers.forEach(ChildProcess::start);
      cluster.await(cluster.brokers, deadline);
      ClusterSetup.createTopics(cluster.bootstrapServers);
      cluster.registry = EmbeddedRegistry.start(cluster.bootstrapServers, 0);
      ClusterSetup.registerSchemas(cluster.registry.url());
      cluster.addIngest(settings, dir, ports.subList(2 * settings.brokers(), ports.size()));
      cluster.ingest.forEach(ChildProcess::start);
      cluster.await(cluster.ingest, deadline);
      return cluster;
    } catch (RuntimeException | InterruptedException e) {
      cluster.close();
      throw e;
    }
  }

  private void addIngest(ChaosSettings settings, Path dir, List<Integer> ports) {
    for (int i = 0; i < ports.size(); i++) {
      String name = "ingest-" + (i + 1);
      Map<String, String> all = new HashMap<>();
      all.put("kafka.bootstrap.servers", bootstrapServers);
      all.put("schema.registry.url", kafka().registryUrl());
      all.put("management.port", String.valueOf(ports.get(i)));
      all.put("ingest.state.dir", dir.resolve(name).toString());
      all.put("ingest.standby-replicas", settings.instances() > 1 ? "1" : "0");
      // A name of its own: a process that comes back soon has its partitions back at once.
      all.put("ingest.instance", name);
      // A few users send much; what is held back would not be in the buckets.
      all.put("ingest.rate.events-per-minute", "0");
      all.put("ingest.abuse.repeated-texts", "0");
      all.put("ingest.abuse.same-position", "0");
      // The shortest that brokers allow by default.
      all.put("kafka.session.timeout.ms", "6000");
      all.putAll(settings.ingestSettings());
      List<String> arguments =
          all.entrySet().stream()
              .map(each -> "--" + each.getKey() + "=" + each.getValue())
              .toList();
      ChildProcess process =
          new ChildProcess(name, Kind.INGEST, IngestApp.class, arguments, dir.resolve("logs"));
      ingest.add(process);
      readiness.put(process, URI.create("http://127.0.0.1:" + ports.get(i) + "/readyz"));
    }
  }

  private void await(List<ChildProcess> processes, Deadline deadline) throws InterruptedException {
    for (ChildProcess process : processes) {
      while (!whole(process)) {
        if (process.diedByItself()) {
          throw new CliException(process.name() + " has ended; its log is " + process.log());
        }
        if (deadline.passed()) {
          throw new CliException(
              process.name() + " is not ready in time; its log is " + process.log());
        }
        Thread.sleep(LOOK_MILLIS);
      }
    }
  }

  KafkaSettings kafka() {
    if (registry == null) {
      throw new IllegalStateException("the registry has not been started");
    }
    return KafkaSettings.of(bootstrapServers, registry.url());
  }

  /** The processes that may be killed. */
  List<ChildProcess> processes(Kind kind) {
    return kind == Kind.BROKER ? List.copyOf(brokers) : List.copyOf(ingest);
  }

  /**
   * Whether nothing is missing by what was done to the process: for ingest that it is ready, for a
   * broker that all brokers answer and every partition has all its replicas in sync.
   */
  boolean whole(ChildProcess process) throws InterruptedException {
    return process.alive() && (process.kind() == Kind.BROKER ? replicated() : ready(process));
  }

  private boolean ready(ChildProcess process) throws InterruptedException {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(readiness.get(process)).timeout(ANSWER_TIMEOUT).build();
      return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** The brokers are asked themselves: for some seconds the others do not know of a kill. */
  private boolean replicated() throws InterruptedException {
    List<ConfigResource> each =
        IntStream.rangeClosed(1, brokers.size())
            .mapToObj(id -> new ConfigResource(ConfigResource.Type.BROKER, String.valueOf(id)))
            .toList();
    try {
      answer(admin.describeConfigs(each).all());
      Set<String> topics =
          answer(admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
      return answer(admin.describeTopics(topics).allTopicNames()).values().stream()
          .flatMap(topic -> topic.partitions().stream())
          .allMatch(partition -> partition.isr().size() == partition.replicas().size());
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  private static <T> T answer(KafkaFuture<T> future)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.get(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Starts again what ended although nobody ended it, as a container platform does. */
  List<ChildProcess> revive() {
    List<ChildProcess> dead = new ArrayList<>(brokers);
    dead.addAll(ingest);
    dead.removeIf(process -> !process.diedByItself());
    dead.forEach(ChildProcess::start);
    return dead;
  }

  /** Lets ingest close by itself; kills what takes too long. */
  void stopIngest() throws InterruptedException {
    ingest.forEach(ChildProcess::endGently);
    Deadline deadline = Deadline.in(CLOSE_TIMEOUT);
    while (ingest.stream().anyMatch(ChildProcess::alive) && !deadline.passed()) {
      Thread.sleep(LOOK_MILLIS);
    }
    for (ChildProcess process : ingest) {
      process.kill();
    }
  }

  @Override
  public void close() {
    try {
      for (ChildProcess process : ingest) {
        process.kill();
      }
      if (registry != null) {
        registry.close();
      }
      admin.close(Duration.ZERO);
      for (ChildProcess process : brokers) {
        process.kill();
      }
    } catch (InterruptedException e) {
      // What is left ends with this process.
      Thread.currentThread().interrupt();
    }
  }

  private static List<Integer> freePorts(int count) {
    RandomGenerator random = RandomGenerator.getDefault();
    Set<Integer> free = new HashSet<>();
    while (free.size() < count) {
      int port = random.nextInt(LOWEST_PORT, HIGHEST_PORT);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        free.add(socket.getLocalPort());
      } catch (IOException e) {
        // Somebody else's.
      }
    }
    return List.copyOf(free);
  }
}
