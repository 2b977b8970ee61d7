package dev.attune.cli.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.models.ModelCatalogue.Reason;
import dev.attune.cli.models.ModelCatalogue.Served;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.ModelVersion;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelCatalogueTest {
  private static final String LAW = "domain/law";

  private final Map<String, ModelVersion> byKey = Manifests.published(LAW, 3);
  private final ModelCatalogue catalogue = new ModelCatalogue(byKey);

  @Test
  void shouldNameEachModelOnce() {
    // Given
    byKey.put(ModelKeys.pin(LAW), Manifests.of(LAW, 2));
    byKey.put("general", Manifests.of("general", 0));

    // When
    var names = catalogue.names();

    // Then
    assertThat(names).containsExactly(LAW, "general");
  }

  @Test
  void shouldServeARollbackBeforeAPinBeforeTheNewest() {
    // Given
    Served newest = catalogue.served(LAW);
    byKey.put(ModelKeys.pin(LAW), Manifests.of(LAW, 2));
    Served pinned = catalogue.served(LAW);
    byKey.put(ModelKeys.rollback(LAW), Manifests.of(LAW, 1));

    // When
    Served rolledBack = catalogue.served(LAW);

    // Then
    assertThat(newest).isEqualTo(new Served(3, Reason.NEWEST));
    assertThat(pinned).isEqualTo(new Served(2, Reason.PINNED));
    assertThat(rolledBack).isEqualTo(new Served(1, Reason.ROLLBACK_WAITS));
  }

  @Test
  void shouldServeNothingOfAModelThatHasPublishedNothing() {
    // Given
    byKey.put("domain/new", Manifests.of("domain/new", 0));

    // When
    Served served = catalogue.served("domain/new");

    // Then
    assertThat(served).isEqualTo(new Served(0, Reason.NONE));
    assertThat(catalogue.versions("domain/new")).isEmpty();
  }

  @Test
  void shouldTakeAPublishedVersionAsOfItsPublication() {
    // Given
    ModelVersion checkpoint = Manifests.of(LAW, 3);
    checkpoint.setEvents(1_000);
    byKey.put(LAW, checkpoint);
    byKey.putAll(Manifests.published("domain/law.civil", 5));

    // When
    var versions = catalogue.versions(LAW);

    // Then
    assertThat(versions).containsOnlyKeys(1L, 2L, 3L);
    assertThat(versions.get(3L)).isEqualTo(Manifests.of(LAW, 3));
  }
}
