package dev.attune.bench.ingest;

import dev.attune.embedded.BrokerNode;
import dev.attune.embedded.BrokerNode.Ports;
import dev.attune.embedded.ClusterSetup;
import dev.attune.embedded.EmbeddedRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Some brokers, each a process of its own, and a registry in this one. Ends them when closed. */
final class BrokerProcesses implements AutoCloseable {
  private static final long START_TIMEOUT_SECONDS = 120;
  private static final String READY = "ready:";

  private final List<Process> processes = new ArrayList<>();
  private final Thread endAtExit = new Thread(this::end, "bench-brokers-end");
  private String bootstrapServers = "";
  private @Nullable EmbeddedRegistry registry;

  private BrokerProcesses() {
    Runtime.getRuntime().addShutdownHook(endAtExit);
  }

  /**
   * Starts them and gives them the catalogue's topics and schemas.
   *
   * @throws IllegalStateException if one does not start
   */
  static BrokerProcesses start(int brokers, Path dir) {
    BrokerProcesses cluster = new BrokerProcesses();
    try {
      cluster.start(freePorts(brokers), dir);
      return cluster;
    } catch (IOException e) {
      cluster.close();
      throw new UncheckedIOException("the brokers cannot be started", e);
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  String bootstrapServers() {
    return bootstrapServers;
  }

  String registryUrl() {
    return registry == null ? "" : registry.url();
  }

  @Override
  public void close() {
    if (registry != null) {
      registry.close();
    }
    end();
    Runtime.getRuntime().removeShutdownHook(endAtExit);
  }

  private void start(List<Ports> ports, Path dir) throws IOException {
    Files.createDirectories(dir);
    String id = BrokerNode.newClusterId();
    for (int i = 1; i <= ports.size(); i++) {
      Path log = dir.resolve("broker-" + i + ".log");
      processes.add(process(new BrokerNode(id, i, ports).arguments(dir.resolve("" + i)), log));
    }
    for (int i = 0; i < processes.size(); i++) {
      Process process = processes.get(i);
      Path log = dir.resolve("broker-" + (i + 1) + ".log");
      Waiting.until(START_TIMEOUT_SECONDS, "a broker has not started", () -> started(process, log));
    }
    bootstrapServers =
        ports.stream().map(each -> "127.0.0.1:" + each.clients()).collect(Collectors.joining(","));
    ClusterSetup.createTopics(bootstrapServers);
    registry = EmbeddedRegistry.start(bootstrapServers, 0);
    ClusterSetup.registerSchemas(registry.url());
  }

  private static Process process(List<String> arguments, Path log) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                BrokerNode.class.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static boolean started(Process process, Path log) {
    try {
      boolean ready = Files.readString(log).contains(READY);
      if (!ready && !process.isAlive()) {
        throw new IllegalStateException("a broker has ended: " + Files.readString(log));
      }
      return ready;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void end() {
    processes.forEach(Process::destroyForcibly);
    for (Process process : processes) {
      process.onExit().join();
    }
  }

  /** Free at the moment; all are held until all are known. */
  private static List<Ports> freePorts(int brokers) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int i = 0; i < 2 * brokers; i++) {
        held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      List<Ports> ports = new ArrayList<>();
      for (int i = 0; i < brokers; i++) {
        ports.add(new Ports(held.get(2 * i).getLocalPort(), held.get(2 * i + 1).getLocalPort()));
      }
      return ports;
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }
}
