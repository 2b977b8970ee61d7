package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.cli.chaos.ChildProcess.Kind;
import dev.attune.embedded.BrokerNode;
import dev.attune.embedded.ClusterSetup;
import dev.attune.embedded.EmbeddedRegistry;
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
import java.util.Locale;
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
 * Brokers and processes of a service on this machine, each a process of its own that may be killed,
 * and a schema registry in this process, which is not. Everything lies in one folder: {@code
 * broker-N}, what the service keeps, and {@code logs}. Not thread-safe.
 */
final class ProcessCluster implements AutoCloseable {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);
  private static final long LOOK_MILLIS = 200;
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);

  // Below the ports that systems give to outgoing connections: a dead node's port stays free.
  private static final int LOWEST_PORT = 15_000;
  private static final int HIGHEST_PORT = 32_000;

  private final List<ChildProcess> brokers = new ArrayList<>();
  private final List<ChildProcess> services = new ArrayList<>();
  private final Map<ChildProcess, URI> readiness = new HashMap<>();
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(ANSWER_TIMEOUT).build();
  private final String bootstrapServers;
  private final Admin admin;
  private final Path logs;
  private @Nullable EmbeddedRegistry registry;

  /**
   * A service of several processes. The cluster adds where the brokers, the registry and the
   * management port are.
   *
   * @param kind names the processes
   * @param settings of each process, by their names
   */
  record ServiceProcesses(Kind kind, Class<?> main, List<Map<String, String>> settings) {}

  private ProcessCluster(List<BrokerNode.Ports> ports, Path dir) {
    logs = dir.resolve("logs");
    String clusterId = BrokerNode.newClusterId();
    bootstrapServers =
        ports.stream().map(each -> "127.0.0.1:" + each.clients()).collect(Collectors.joining(","));
    for (int id = 1; id <= ports.size(); id++) {
      String name = "broker-" + id;
      List<String> arguments = new BrokerNode(clusterId, id, ports).arguments(dir.resolve(name));
      brokers.add(new ChildProcess(name, Kind.BROKER, BrokerNode.class, arguments, logs));
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
   * Starts brokers and registry and returns when they are ready.
   *
   * @throws CliException if they are not ready in time
   */
  static ProcessCluster start(int brokers, Path dir, Deadline deadline)
      throws InterruptedException, IOException {
    Files.createDirectories(dir.resolve("logs"));
    List<Integer> ports = freePorts(2 * brokers);
    List<BrokerNode.Ports> nodes =
        IntStream.range(0, brokers)
            .mapToObj(i -> new BrokerNode.Ports(ports.get(2 * i), ports.get(2 * i + 1)))
            .toList();
    ProcessCluster cluster = new ProcessCluster(nodes, dir);
    try {
      cluster.brokers.forEach(ChildProcess::start);
      cluster.await(cluster.brokers, deadline);
      ClusterSetup.createTopics(cluster.bootstrapServers);
      cluster.registry = EmbeddedRegistry.start(cluster.bootstrapServers, 0);
      ClusterSetup.registerSchemas(cluster.registry.url());
      return cluster;
    } catch (RuntimeException | InterruptedException e) {
      cluster.close();
      throw e;
    }
  }

  /**
   * Starts a service and returns when all its processes are ready.
   *
   * @throws CliException if they are not ready in time
   */
  void start(ServiceProcesses service, Deadline deadline) throws InterruptedException {
    List<Integer> ports = freePorts(service.settings().size());
    List<ChildProcess> started = new ArrayList<>();
    for (int i = 0; i < ports.size(); i++) {
      Map<String, String> all = new HashMap<>();
      all.put("kafka.bootstrap.servers", bootstrapServers);
      all.put("schema.registry.url", kafka().registryUrl());
      all.put("management.port", String.valueOf(ports.get(i)));
      // The shortest that brokers allow by default.
      all.put("kafka.session.timeout.ms", "6000");
      all.putAll(service.settings().get(i));
      List<String> arguments =
          all.entrySet().stream()
              .map(each -> "--" + each.getKey() + "=" + each.getValue())
              .toList();
      String name = service.kind().name().toLowerCase(Locale.ROOT) + "-" + (i + 1);
      ChildProcess process =
          new ChildProcess(name, service.kind(), service.main(), arguments, logs);
      readiness.put(process, URI.create("http://127.0.0.1:" + ports.get(i) + "/readyz"));
      started.add(process);
    }
    services.addAll(started);
    started.forEach(ChildProcess::start);
    await(started, deadline);
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
    return kind == Kind.BROKER ? List.copyOf(brokers) : List.copyOf(services);
  }

  /**
   * Whether nothing is missing by what was done to the process: for a service that it is ready, for
   * a broker that all brokers answer and every partition has all its replicas in sync.
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
    dead.addAll(services);
    dead.removeIf(process -> !process.diedByItself());
    dead.forEach(ChildProcess::start);
    return dead;
  }

  /** Lets the services close by themselves; kills what takes too long. */
  void stopServices() throws InterruptedException {
    services.forEach(ChildProcess::endGently);
    Deadline deadline = Deadline.in(CLOSE_TIMEOUT);
    while (services.stream().anyMatch(ChildProcess::alive) && !deadline.passed()) {
      Thread.sleep(LOOK_MILLIS);
    }
    for (ChildProcess process : services) {
      process.kill();
    }
  }

  @Override
  public void close() {
    try {
      for (ChildProcess process : services) {
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
