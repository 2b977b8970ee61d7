package dev.attune.embedded;

import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.registry.RegistryClient;
import dev.attune.schemas.registry.RegistryConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * An {@link EmbeddedBroker} and an {@link EmbeddedRegistry} with everything that Attune needs: all
 * topics of the catalogue, and their schemas registered and held to BACKWARD compatibility.
 */
public final class EmbeddedCluster implements AutoCloseable {
  private static final short REPLICATION = 1;
  private static final String COMPATIBILITY = "BACKWARD";

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
      createTopics(broker.bootstrapServers());
      registry = EmbeddedRegistry.start(broker.bootstrapServers(), registryPort);
    } catch (RuntimeException e) {
      broker.close();
      throw e;
    }
    EmbeddedCluster cluster = new EmbeddedCluster(broker, registry);
    try {
      registerSchemas(registry.url());
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

  private static void createTopics(String bootstrapServers) {
    try (Admin admin =
        Admin.create(
            Map.of("bootstrap.servers", bootstrapServers, "enable.metrics.push", "false"))) {
      Set<String> present = admin.listTopics().names().get();
      List<NewTopic> missing =
          Topics.all().stream()
              .filter(topic -> !present.contains(topic.name()))
              .map(topic -> topic.toNewTopic(REPLICATION))
              .toList();
      admin.createTopics(missing).all().get();
    } catch (ExecutionException e) {
      throw new KafkaException("The topics could not be created", e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private static void registerSchemas(String url) {
    RegistryClient client =
        new RegistryClient(RegistryConfig.from(Map.of(RegistryConfig.URL, url)));
    for (Topic<?> topic : Topics.all()) {
      if (!client.compatibility(topic.subject()).equals(Optional.of(COMPATIBILITY))) {
        client.setCompatibility(topic.subject(), COMPATIBILITY);
      }
      client.register(topic.subject(), topic.schema());
    }
  }
}
