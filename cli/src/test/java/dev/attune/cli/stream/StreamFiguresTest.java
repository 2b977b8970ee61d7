package dev.attune.cli.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.stream.Means.By;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamFiguresTest {
  @ParameterizedTest
  @CsvSource({"0,0", "1,1-5", "5,1-5", "6,6-20", "20,6-20", "21,21+", "3000,21+"})
  void shouldKnowAUserByTheEventsBefore(int earlier, String label) {
    // When
    Tenure tenure = Tenure.of(earlier);

    // Then
    assertThat(tenure.label()).isEqualTo(label);
  }

  @Test
  void shouldCountChoicesByTenureAndTiesOnlyAsEvents() {
    // Given
    StreamFigures figures = new StreamFigures(10);
    IntStream.range(0, 25).forEach(i -> figures.add(choice(i, i < 21 ? 1 : -1)));

    // When
    IntStream.range(0, 10).forEach(i -> figures.add(null));

    // Then
    assertThat(figures.events()).isEqualTo(35);
    assertThat(figures.all().choices()).isEqualTo(25);
    assertThat(figures.of(Tenure.NEW).choices()).isEqualTo(1);
    assertThat(figures.of(Tenure.FEW).choices()).isEqualTo(5);
    assertThat(figures.of(Tenure.SOME).choices()).isEqualTo(15);
    assertThat(figures.of(Tenure.MANY).accuracy(By.PERSONAL)).isZero();
    assertThat(figures.windowEnds()).containsExactly(10.0, 20.0, 30.0, 35.0);
    assertThat(figures.windows())
        .map(means -> means.accuracy(By.PERSONAL))
        .containsExactly(1.0, 1.0, 0.2, Double.NaN);
    assertThat(figures.json()).containsKeys("accuracy", "log_loss", "ece", "events", "tenure");
  }

  @Test
  void shouldReportSimulatedUsersByWhatTheySaidBefore() {
    // Given: right from the fourth event on, and the generic user never
    SimulatedFigures figures = new SimulatedFigures();

    // When
    for (String user : new String[] {"a", "b"}) {
      for (int i = 0; i < 12; i++) {
        figures.add(new Predicted(user, i, 0, -1, 0, i < 4 ? -1 : 1));
      }
    }

    // Then
    assertThat(figures.byEarlier()).hasSize(12);
    assertThat(figures.byEarlier().get(3).accuracy(By.PERSONAL)).isZero();
    assertThat(figures.byEarlier().get(4).accuracy(By.PERSONAL)).isEqualTo(1);
    assertThat(figures.known().choices()).isEqualTo(8);
    assertThat(figures.knownGain().mean()).isEqualTo(1);
    assertThat(figures.json(2)).containsEntry("personal", 1.0).containsEntry("generic", 0.0);
  }

  private static Predicted choice(int earlier, double personal) {
    return new Predicted("user", earlier, 1, 1, 1, personal);
  }
}
