package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.model.head.Calibration;
import dev.attune.model.head.GaussianWeights;
import dev.attune.scorer.core.FakeRewards.FakeModel;
import dev.attune.scorer.core.FakeRewards.FakePolicy;
import dev.attune.scorer.core.ModelDirectory.Lease;
import dev.attune.scorer.core.ModelDirectory.SelectedCalibration;
import dev.attune.scorer.core.ModelDirectory.Selection;
import org.junit.jupiter.api.Test;

class ModelDirectoryTest {
  private final ModelDirectory directory = new ModelDirectory();

  @Test
  void shouldServeTheUntrainedBaseWhileNothingIsPublished() {
    // When
    Selection selection = select("legal");

    // Then
    assertThat(selection).isEqualTo(new Selection(null, "general", 0, "pooled", null));
  }

  @Test
  void shouldPreferTheDomainsOwnModel() throws Exception {
    // Given
    FakeModel general = model("helpful");
    FakeModel legal = model();
    directory.publish("general", 7, general);
    directory.publish("domain/legal", 3, legal);

    // When
    Selection selection = select("legal");

    // Then
    assertThat(selection).isEqualTo(new Selection(legal, "domain/legal", 3, "pooled", null));
  }

  @Test
  void shouldFallBackToTheGeneralModelWithTheSourcesHeadWhereItHasOne() throws Exception {
    // Given
    FakeModel general = model("helpful");
    directory.publish("general", 7, general);

    // When
    Selection known = select("general.helpful");

    // Then
    assertThat(known).isEqualTo(new Selection(general, "general", 7, "helpful", "helpful"));
    assertThat(select("general.new").generalHead()).isEqualTo("pooled");
    assertThat(select("legal").generalHead()).isEqualTo("pooled");
  }

  @Test
  void shouldKeepAReplacedModelForTheBatchThatUsesIt() throws Exception {
    // Given
    FakeModel old = model();
    FakeModel young = model();
    directory.publish("general", 1, old);
    Lease batch = directory.lease();

    // When
    directory.publish("general", 2, young);

    // Then
    assertThat(old.closed).isFalse();
    assertThat(batch.select("general").version()).isEqualTo(1);
    assertThat(select("general").version()).isEqualTo(2);
    batch.close();
    batch.close();
    assertThat(old.closed).isTrue();
    assertThat(young.closed).isFalse();
  }

  @Test
  void shouldFreeAWithdrawnModelAndServeTheNextBest() throws Exception {
    // Given
    FakeModel legal = model();
    directory.publish("domain/legal", 1, legal);

    // When
    directory.withdraw("domain/legal");

    // Then
    assertThat(legal.closed).isTrue();
    assertThat(select("legal").version()).isZero();
    assertThat(directory.versions()).isEmpty();
  }

  @Test
  void shouldUseTheDomainsCalibration() {
    // Given
    directory.publish("calibration/general", 3, calibration(2));
    directory.publish("calibration/legal", 4, calibration(5));

    // When
    SelectedCalibration legal = calibrationOf("legal");

    // Then
    assertThat(legal.version()).isEqualTo(4);
    assertThat(legal.calibration().domain()).isEqualTo(5);
    assertThat(calibrationOf("general.helpful").version()).isEqualTo(3);
    assertThat(calibrationOf("health").version()).isNull();
    assertThat(calibrationOf("health").calibration()).isEqualTo(Calibration.initial());
  }

  @Test
  void shouldNameTheEpochThatIsServed() {
    // Given
    directory.publish("policy", 2, new FakePolicy(Policies.second(), false));

    // When
    directory.publish("policy", 1, new FakePolicy(Policies.first(), false));

    // Then
    assertThat(directory.epoch()).isEqualTo(1);
    directory.withdraw("policy");
    assertThat(directory.epoch()).isZero();
  }

  @Test
  void shouldFreeEverythingWhenItIsClosed() throws Exception {
    // Given
    FakeModel general = model();
    directory.publish("general", 1, general);

    // When
    directory.close();

    // Then
    assertThat(general.closed).isTrue();
  }

  private Selection select(String domain) {
    try (Lease lease = directory.lease()) {
      return lease.select(domain);
    }
  }

  private SelectedCalibration calibrationOf(String domain) {
    try (Lease lease = directory.lease()) {
      return lease.calibration(domain);
    }
  }

  private static LoadedCalibration calibration(double a) {
    double[][] covariance = Calibration.initial().belief().matrix();
    return new LoadedCalibration(
        new Calibration(GaussianWeights.of(new double[] {a, 1, 0}, covariance), 1));
  }

  private static FakeModel model(String... heads) throws ModelRejectedException {
    return new FakeRewards().load(FakeRewards.weights(1, heads));
  }
}
