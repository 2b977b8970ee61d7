package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ModelVersion;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestChoiceTest {
  private final ManifestChoice choice = new ManifestChoice();

  @Test
  void shouldPreferTheRollbackToThePinAndThePinToTheModelsOwn() {
    // Given
    choice.put("domain/legal", version(7));
    choice.put("pin/domain/legal", version(5));

    // When
    choice.put("rollback/domain/legal", version(3));

    // Then
    assertThat(served("domain/legal")).contains(3L);
    choice.put("rollback/domain/legal", null);
    assertThat(served("domain/legal")).contains(5L);
    choice.put("pin/domain/legal", null);
    assertThat(served("domain/legal")).contains(7L);
    choice.put("domain/legal", null);
    assertThat(served("domain/legal")).isEmpty();
  }

  @Test
  void shouldServeNothingBeforeTheFirstVersion() {
    // When
    choice.put("general", version(0));

    // Then
    assertThat(served("general")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"general", "domain/legal", "policy", "calibration/legal"})
  void shouldKnowTheModelOfEachKey(String model) {
    // When
    Optional<String> own = choice.model(model);

    // Then
    assertThat(own).contains(model);
    assertThat(choice.model("pin/" + model)).contains(model);
    assertThat(choice.model("rollback/" + model)).contains(model);
    assertThat(choice.model("history/" + model + "/3")).isEmpty();
  }

  @Test
  void shouldIgnoreWhatItDoesNotKnow() {
    // When
    Optional<String> model = choice.model("something/else");

    // Then
    assertThat(model).isEmpty();
  }

  private Optional<Long> served(String model) {
    return choice.of(model).map(ModelVersion::getVersion);
  }

  private static ModelVersion version(long version) {
    Artifact artifact = new Artifact("sha", 1L, 1);
    return ModelVersion.newBuilder()
        .setName("domain/legal")
        .setVersion(version)
        .setWeights(artifact)
        .setState(artifact)
        .setBase(FakeRewards.BASE)
        .setPrecision("fp32")
        .setCodeVersion("test")
        .setConfigHash("")
        .setPositions(List.of())
        .setComparisons(0)
        .setEvents(0)
        .setSteps(0)
        .setPublishedAt(Instant.EPOCH)
        .build();
  }
}
