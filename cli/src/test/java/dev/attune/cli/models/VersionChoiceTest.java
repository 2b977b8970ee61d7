package dev.attune.cli.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.cli.CliException;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.ModelVersion;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VersionChoiceTest {
  private static final String LAW = "domain/law";

  private final Map<String, ModelVersion> byKey = Manifests.published(LAW, 3);
  private final VersionChoice choice = new VersionChoice(new ModelCatalogue(byKey));

  @ParameterizedTest
  @ValueSource(strings = {"law", LAW})
  void shouldTakeADomainForItsModel(String given) {
    // When
    String name = choice.name(given);

    // Then
    assertThat(name).isEqualTo(LAW);
  }

  @Test
  void shouldNameTheModelsThatThereAre() {
    // When // Then
    assertThatThrownBy(() -> choice.name("laws"))
        .isInstanceOf(CliException.class)
        .hasMessage("no model laws; there are domain/law");
  }

  @Test
  void shouldGoBackToTheVersionBeforeTheServedOne() {
    // Given
    byKey.remove(ModelKeys.history(LAW, 2));

    // When
    ModelVersion target = choice.toRollBack(LAW, null);

    // Then
    assertThat(target.getVersion()).isEqualTo(1);
  }

  @Test
  void shouldGoBackFurtherWhileARollbackWaits() {
    // Given
    byKey.put(ModelKeys.rollback(LAW), Manifests.of(LAW, 2));

    // When
    ModelVersion target = choice.toRollBack(LAW, null);

    // Then
    assertThat(target.getVersion()).isEqualTo(1);
  }

  @Test
  void shouldSayThatThereIsNoEarlierVersion() {
    // Given
    byKey.putAll(Manifests.published("general", 1));

    // When // Then
    assertThatThrownBy(() -> choice.toRollBack("general", null))
        .isInstanceOf(CliException.class)
        .hasMessage("general has no version before 1; there is 1");
  }

  @Test
  void shouldNotRollBackWhatIsPinned() {
    // Given
    byKey.put(ModelKeys.pin(LAW), Manifests.of(LAW, 2));

    // When // Then
    assertThatThrownBy(() -> choice.toRollBack(LAW, 1L))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("pinned at version 2")
        .hasMessageContaining("attune models unpin domain/law");
  }

  @Test
  void shouldPinWhatIsServed() {
    // Given
    byKey.put(ModelKeys.rollback(LAW), Manifests.of(LAW, 2));

    // When
    ModelVersion target = choice.toPin(LAW, null);

    // Then
    assertThat(target.getVersion()).isEqualTo(2);
  }

  @Test
  void shouldNameTheVersionsThatThereAre() {
    // When // Then
    assertThatThrownBy(() -> choice.toPin(LAW, 7L))
        .isInstanceOf(CliException.class)
        .hasMessage("domain/law has no version 7; there is 1, 2, 3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"policy", "calibration/law"})
  void shouldRefuseWhatIsNoRewardModel(String name) {
    // Given
    byKey.putAll(Manifests.published(name, 2));

    // When // Then
    assertThatThrownBy(() -> choice.toPin(name, null))
        .isInstanceOf(CliException.class)
        .hasMessageContaining(name + " cannot be pinned");
  }
}
