package dev.attune.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.attune.embedded.RegistryClientContract;
import dev.attune.schemas.registry.RegistryClient;
import dev.attune.schemas.registry.RegistryConfig;
import dev.attune.schemas.registry.RegistryException;
import dev.attune.schemas.registry.RegistryException.Kind;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real registry: Apicurio, by its Confluent-compatible API. */
class ApicurioIT {
  @TempDir static Path dir;

  private static ApicurioServer server;

  @BeforeAll
  static void start() {
    server = ApicurioServer.start(dir);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void shouldNotTakeAMissingEndpointForAMissingSchema() {
    // Given a registry without GUIDs
    RegistryClient client =
        new RegistryClient(RegistryConfig.from(Map.of(RegistryConfig.URL, server.url())));
    // When
    RegistryException e =
        catchThrowableOfType(RegistryException.class, () -> client.byGuid(UUID.randomUUID()));
    // Then
    assertThat(e.kind()).isEqualTo(Kind.REFUSED);
    assertThat(e.errorCode()).isEqualTo(404);
  }

  /** What the client relies on. */
  @Nested
  class Contract extends RegistryClientContract {
    @Override
    protected String url() {
      return server.url();
    }
  }

  /** Attune's serdes and Confluent's. */
  @Nested
  class WithConfluentsSerdes extends ConfluentInterop {
    @Override
    String url() {
      return server.url();
    }
  }
}
