package dev.attune.embedded;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * One node of a cluster of several, each a process of its own on this machine's loopback; every
 * node is broker and KRaft controller. All nodes of a cluster are told the same id and the same
 * ports, in the same order. The ports are fixed, so that a node that was killed comes back under
 * its address.
 *
 * @param clusterId see {@link #newClusterId}
 * @param id counts from 1; its ports are those at {@code id - 1}
 * @param cluster the ports of all nodes
 */
public record BrokerNode(String clusterId, int id, List<Ports> cluster) {
  /** Where a node listens, on 127.0.0.1. */
  public record Ports(int clients, int quorum) {
    static Ports parse(String text) {
      int colon = text.indexOf(':');
      return new Ports(
          Integer.parseInt(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
    }

    @Override
    public String toString() {
      return clients + ":" + quorum;
    }
  }

  public BrokerNode {
    cluster = List.copyOf(cluster);
    if (id < 1 || id > cluster.size()) {
      throw new IllegalArgumentException(
          "node " + id + " of " + cluster.size() + ": allowed are 1 to " + cluster.size());
    }
  }

  /** An id for a new cluster. */
  public static String newClusterId() {
    return Uuid.randomUuid().toString();
  }

  /** What {@link #main} takes to run this node on a folder. */
  public List<String> arguments(Path dir) {
    List<String> arguments =
        new ArrayList<>(List.of(dir.toString(), clusterId, String.valueOf(id)));
    cluster.forEach(ports -> arguments.add(ports.toString()));
    return arguments;
  }

  Ports ports() {
    return cluster.get(id - 1);
  }

  /**
   * Runs a node until the process is ended, however that is done: a node of a cluster does not say
   * good-bye, the others notice.
   *
   * @param arguments see {@link #arguments}
   */
  public static void main(String[] arguments) throws InterruptedException {
    List<Ports> cluster = Arrays.stream(arguments, 3, arguments.length).map(Ports::parse).toList();
    BrokerNode node = new BrokerNode(arguments[1], Integer.parseInt(arguments[2]), cluster);
    try {
      EmbeddedBroker broker = EmbeddedBroker.start(Path.of(arguments[0]), node);
      System.out.println("ready: " + broker.bootstrapServers());
      Thread.currentThread().join();
    } catch (IllegalStateException | UncheckedIOException e) {
      System.err.println("error: " + e.getMessage());
      // What Kafka has started by then would keep the process alive.
      Runtime.getRuntime().halt(1);
    }
  }
}
