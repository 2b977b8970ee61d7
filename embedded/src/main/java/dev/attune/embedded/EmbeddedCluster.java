package dev.attune.embedded;

import java.nio.file.Path;

/**
 * An {@link EmbeddedBroker} and an {@link EmbeddedRegistry} with everything that Attune needs: all
 * topics of the catalogue, and their schemas registered and held to BACKWARD compatibility.
 */
public final class EmbeddedCluster implements AutoCloseable {
  private final EmbeddedBroker broker;
  private final EmbeddedRegistry registry;

  private EmbeddedCluster(EmbeddedBroker broker, EmbeddedRegistry registry) {
    this.broker = broker;
    this.registry = registry;
  }

  /** Starts a cluster on free ports. */
  public static EmbeddedCluster start(Path dir) {
    return start(dir, 0, 0);
  }

  /**
   * Starts a cluster, or goes on with the one whose folder it is.
   *
   * @param dir holds everything
   * @param brokerPort on 127.0.0.1; 0 takes a free one
   * @param registryPort on 127.0.0.1; 0 takes a free one
   */
  public static EmbeddedCluster start(Path dir, int brokerPort, int registryPort) {
    EmbeddedBroker broker = EmbeddedBroker.start(dir, brokerPort);
    EmbeddedRegistry registry;
    try {
      ClusterSetup.createTopics(broker.bootstrapServers());
      registry = EmbeddedRegistry.start(broker.bootstrapServers(), registryPort);
    } catch (RuntimeException e) {
      broker.close();
      throw e;
    }
    EmbeddedCluster cluster = new EmbeddedCluster(broker, registry);
    try {
      ClusterSetup.registerSchemas(registry.url());
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  /** What Kafka clients connect to. */
  public String bootstrapServers() {
    return broker.bootstrapServers();
  }

  /** What serdes give as {@code schema.registry.url}. */
  public String registryUrl() {
    return registry.url();
  }

  @Override
  public void close() {
    try {
      registry.close();
    } finally {
      broker.close();
    }
  }
}
