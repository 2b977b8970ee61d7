package dev.attune.embedded;

import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.registry.RegistryClient;
import dev.attune.schemas.registry.RegistryConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/** Gives a cluster what Attune finds at its first start; what is there already stays as it is. */
public final class ClusterSetup {
  private static final short REPLICATION_OF_THE_BROKERS = -1;
  private static final String COMPATIBILITY = "BACKWARD";

  private ClusterSetup() {}

  /** Creates the topics of the catalogue, with as many replicas as the brokers are set to. */
  public static void createTopics(String bootstrapServers) {
    try (Admin admin =
        Admin.create(
            Map.of("bootstrap.servers", bootstrapServers, "enable.metrics.push", "false"))) {
      Set<String> present = admin.listTopics().names().get();
      List<NewTopic> missing =
          Topics.all().stream()
              .filter(topic -> !present.contains(topic.name()))
              .map(topic -> topic.toNewTopic(REPLICATION_OF_THE_BROKERS))
              .toList();
      admin.createTopics(missing).all().get();
    } catch (ExecutionException e) {
      throw new KafkaException("The topics could not be created", e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /** Registers the schemas of all topics and holds them to BACKWARD compatibility. */
  public static void registerSchemas(String url) {
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
