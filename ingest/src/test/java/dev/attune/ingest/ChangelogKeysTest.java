package dev.attune.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.ingest.IngestTopology.ValueSerdes;
import dev.attune.ingest.topology.StateStores;
import dev.attune.platform.Configuration;
import dev.attune.platform.Meters;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyDescription;
import org.junit.jupiter.api.Test;

class ChangelogKeysTest {
  @Test
  void shouldKnowEveryStore() {
    // Given
    IngestConfig config =
        IngestConfig.from(
            Configuration.of(
                Map.of("kafka.bootstrap.servers", "b:1", "schema.registry.url", "http://r")));
    PrometheusMeterRegistry registry = Meters.registry();

    // When
    Topology topology =
        IngestTopology.build(config, ValueSerdes.avro(), registry, InstantSource.system());

    // Then
    assertThat(ChangelogKeys.STORES).containsExactlyInAnyOrderElementsOf(stores(topology));
    registry.close();
  }

  @Test
  void shouldNotTakeAUserForOneWhoseIdBeginsAlike() {
    // When
    boolean ofUser = ChangelogKeys.ofUser(StateStores.SEEN, "anna\0e1".getBytes(UTF_8), "ann");

    // Then
    assertThat(ofUser).isFalse();
    assertThat(ChangelogKeys.ofUser(StateStores.SEEN, "ann\0e1".getBytes(UTF_8), "ann")).isTrue();
  }

  @Test
  void shouldRefuseAStoreWhoseKeysItDoesNotKnow() {
    // When // Then
    assertThatThrownBy(() -> ChangelogKeys.ofUser("new-store", new byte[0], "ann"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("new-store");
  }

  private static Set<String> stores(Topology topology) {
    return topology.describe().subtopologies().stream()
        .flatMap(part -> part.nodes().stream())
        .filter(TopologyDescription.Processor.class::isInstance)
        .flatMap(node -> ((TopologyDescription.Processor) node).stores().stream())
        .collect(Collectors.toSet());
  }
}
