package dev.attune.cli.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.cli.stream.Means.By;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class MeansTest {
  @Test
  void shouldMeasureOrderLossAndCalibrationOfEachPrediction() {
    // Given: the domain says 3/4 of four choices, of which three come true
    double threeQuarters = Math.log(3);
    Means means = new Means();
    means.add(new Predicted("a", 0, 5, 0, threeQuarters, 50));
    means.add(new Predicted("a", 1, -5, 0, threeQuarters, 50));
    means.add(new Predicted("b", 0, 5, 0, threeQuarters, 50));

    // When
    means.add(new Predicted("b", 1, 5, 0, -threeQuarters, -50));

    // Then
    assertThat(means.accuracy(By.LONGER)).isEqualTo(0.75);
    assertThat(means.accuracy(By.GLOBAL)).isEqualTo(0.5);
    assertThat(means.accuracy(By.DOMAIN)).isEqualTo(0.75);
    assertThat(means.logLoss(By.GLOBAL)).isCloseTo(Math.log(2), within(1e-12));
    assertThat(means.logLoss(By.DOMAIN))
        .isCloseTo(-(3 * Math.log(0.75) + Math.log(0.25)) / 4, within(1e-12));
    assertThat(means.logLoss(By.PERSONAL)).isCloseTo(12.5, within(1e-9));
    assertThat(means.ece(By.DOMAIN)).isCloseTo(0, within(1e-12));
    assertThat(means.ece(By.PERSONAL)).isCloseTo(0.25, within(1e-9));
  }

  @Test
  void shouldReportWhatIsServedAndNoNumberWhereThereIsNone() {
    // Given
    Means means = new Means();

    // When
    Map<String, Object> json = means.json();

    // Then
    assertThat(json).containsEntry("log_loss", null).containsEntry("ece", null);
    assertThat(json.get("accuracy"))
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsOnlyKeys("longer", "global", "domain", "personal");
  }
}
