package dev.attune.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.attune.schemas.registry.RegisteredSchema;
import dev.attune.schemas.registry.RegistryClient;
import dev.attune.schemas.registry.RegistryConfig;
import dev.attune.schemas.registry.RegistryException;
import dev.attune.schemas.registry.RegistryException.Kind;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the registry client relies on; holds for every server that speaks Confluent's REST API. */
public abstract class RegistryClientContract {
  private static final Schema FIRST = record().requiredString("a").endRecord();
  private static final Schema COMPATIBLE =
      record().requiredString("a").optionalString("b").endRecord();
  private static final Schema INCOMPATIBLE =
      record().requiredString("a").requiredString("c").endRecord();

  /** Subjects of an earlier run on the same server do not disturb. */
  private final String subject = "contract/" + UUID.randomUUID() + " é-value";

  private RegistryClient client;

  /** The URL of a running registry. */
  protected abstract String url();

  @BeforeEach
  void connect() {
    client = newClient();
    client.setCompatibility(subject, "BACKWARD");
  }

  @Test
  void shouldGiveASchemaOneId() {
    // Given
    int first = client.register(subject, FIRST);
    // When
    int again = newClient().register(subject, FIRST);
    // Then
    assertThat(again).isEqualTo(first);
    assertThat(client.versions(subject)).containsExactly(1);
  }

  @Test
  void shouldGiveASchemaTheSameIdUnderAnotherSubject() {
    // Given
    int first = client.register(subject, FIRST);
    // When
    int other = client.register(subject + "2", FIRST);
    // Then
    assertThat(other).isEqualTo(first);
  }

  @Test
  void shouldFindASchemaByItsId() {
    // Given
    int id = client.register(subject, FIRST);
    // When
    Schema found = newClient().byId(id);
    // Then
    assertThat(found).isEqualTo(FIRST);
  }

  @Test
  void shouldFindTheIdOfARegisteredSchema() {
    // Given
    int id = client.register(subject, FIRST);
    // When
    int found = client.idOf(subject, FIRST);
    // Then
    assertThat(found).isEqualTo(id);
  }

  @Test
  void shouldListSubjects() {
    // Given
    client.register(subject, FIRST);
    // When
    var subjects = client.subjects();
    // Then
    assertThat(subjects).contains(subject);
  }

  @Test
  void shouldCountVersions() {
    // Given
    client.register(subject, FIRST);
    int id = client.register(subject, COMPATIBLE);
    // When
    RegisteredSchema latest = client.latest(subject);
    // Then
    assertThat(latest).isEqualTo(new RegisteredSchema(subject, 2, id, COMPATIBLE));
    assertThat(client.version(subject, 1).schema()).isEqualTo(FIRST);
  }

  @Test
  void shouldRefuseAnIncompatibleSchema() {
    // Given
    client.register(subject, FIRST);
    // When
    RegistryException e =
        catchThrowableOfType(RegistryException.class, () -> client.register(subject, INCOMPATIBLE));
    // Then
    assertThat(e.kind()).isEqualTo(Kind.INCOMPATIBLE);
    assertThat(client.versions(subject)).containsExactly(1);
  }

  @Test
  void shouldCheckCompatibilityWithoutRegistering() {
    // Given
    client.register(subject, FIRST);
    // When
    boolean compatible = client.isCompatible(subject, COMPATIBLE);
    // Then
    assertThat(compatible).isTrue();
    assertThat(client.isCompatible(subject, INCOMPATIBLE)).isFalse();
    assertThat(client.versions(subject)).containsExactly(1);
  }

  @Test
  void shouldTakeAnythingWithoutCompatibility() {
    // Given
    client.setCompatibility(subject, "NONE");
    client.register(subject, FIRST);
    // When
    client.register(subject, INCOMPATIBLE);
    // Then
    assertThat(client.versions(subject)).containsExactly(1, 2);
    assertThat(client.compatibility(subject)).contains("NONE");
  }

  @Test
  void shouldHaveNoCompatibilityOfAnotherSubject() {
    // Given
    String other = subject + "2";
    // When
    var level = client.compatibility(other);
    // Then
    assertThat(level).isEmpty();
  }

  @Test
  void shouldNotKnowAnotherId() {
    // Given
    int id = Integer.MAX_VALUE;
    // When
    RegistryException e = catchThrowableOfType(RegistryException.class, () -> client.byId(id));
    // Then
    assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND);
    assertThat(e.errorCode()).isEqualTo(40403);
  }

  @Test
  void shouldNotKnowAnotherSubject() {
    // Given
    String other = subject + "2";
    // When
    RegistryException e =
        catchThrowableOfType(RegistryException.class, () -> client.versions(other));
    // Then
    assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND);
    assertThat(e.errorCode()).isEqualTo(40401);
  }

  @Test
  void shouldNotKnowAnotherVersion() {
    // Given
    client.register(subject, FIRST);
    // When
    RegistryException e =
        catchThrowableOfType(RegistryException.class, () -> client.version(subject, 5));
    // Then
    assertThat(e.errorCode()).isEqualTo(40402);
  }

  @Test
  void shouldNotKnowAnUnregisteredSchema() {
    // Given
    client.register(subject, FIRST);
    // When
    RegistryException e =
        catchThrowableOfType(RegistryException.class, () -> client.idOf(subject, COMPATIBLE));
    // Then
    assertThat(e.errorCode()).isEqualTo(40403);
  }

  private RegistryClient newClient() {
    return new RegistryClient(RegistryConfig.from(Map.of(RegistryConfig.URL, url())));
  }

  private static SchemaBuilder.FieldAssembler<Schema> record() {
    return SchemaBuilder.record("contract.R").fields();
  }
}
