package dev.attune.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.embedded.BrokerNode.Ports;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class BrokerNodeTest {
  private static final List<Ports> CLUSTER =
      List.of(new Ports(1, 2), new Ports(3, 4), new Ports(5, 6));

  @Test
  void shouldTellItsProcessAllPorts() {
    // Given
    BrokerNode node = new BrokerNode("cluster", 2, CLUSTER);

    // When
    List<String> arguments = node.arguments(Path.of("dir"));

    // Then
    assertThat(arguments).containsExactly("dir", "cluster", "2", "1:2", "3:4", "5:6");
    assertThat(arguments.subList(3, 6).stream().map(Ports::parse).toList()).isEqualTo(CLUSTER);
    assertThat(node.ports()).isEqualTo(new Ports(3, 4));
  }

  @Test
  void shouldRefuseAnIdThatTheClusterDoesNotHave() {
    // Given
    int id = CLUSTER.size() + 1;

    // When / Then
    assertThatThrownBy(() -> new BrokerNode("cluster", id, CLUSTER))
        .hasMessage("node 4 of 3: allowed are 1 to 3");
  }
}
