package dev.attune.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedClusterIT {
  @TempDir Path dir;

  @Test
  void shouldStart() {
    long a = System.nanoTime();
    try (EmbeddedBroker b = EmbeddedBroker.start(dir.resolve("b"), 0)) {
      System.out.println("broker " + (System.nanoTime() - a) / 1e9);
    }
    for (int i = 0; i < 3; i++) {
      a = System.nanoTime();
      try (EmbeddedCluster c = EmbeddedCluster.start(dir.resolve("c"))) {
        System.out.println("cluster " + (System.nanoTime() - a) / 1e9);
        assertThat(c.registryUrl()).startsWith("http");
        a = System.nanoTime();
      }
      System.out.println("stop " + (System.nanoTime() - a) / 1e9);
    }
  }
}
