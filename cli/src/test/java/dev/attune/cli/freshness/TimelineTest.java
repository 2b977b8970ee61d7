package dev.attune.cli.freshness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.freshness.Timeline.Times;
import dev.attune.cli.traffic.Place;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {
  private final Timeline timeline = new Timeline();

  @Test
  void shouldMeasureFromTheEventToTheScoreThatIncludesIt() {
    // Given
    timeline.appended("ada", new Place(1, 5), 1_000);
    timeline.asked(new Place(1, 5));
    timeline.scored(new Place(1, 5), position(1, 7), 1_040);

    // When
    Times times = timeline.heads(0);

    // Then
    assertThat(times.missed()).isZero();
    assertThat(times.millis().getMaxValue()).isEqualTo(40);
  }

  @Test
  void shouldMissAScoreThatDoesNotIncludeTheEvent() {
    // Given
    timeline.appended("ada", new Place(1, 5), 1_000);
    timeline.asked(new Place(1, 5));
    timeline.scored(new Place(1, 5), position(1, 4), 1_040);

    // When
    Times times = timeline.heads(0);

    // Then
    assertThat(times.missed()).isEqualTo(1);
    assertThat(times.millis().getTotalCount()).isZero();
  }

  @Test
  void shouldLeaveOutWhatCameBeforeTheMeasurement() {
    // Given
    timeline.appended("ada", new Place(1, 5), 1_000);
    timeline.asked(new Place(1, 5));

    // When
    Times times = timeline.heads(1_001);

    // Then
    assertThat(times.missed()).isZero();
    assertThat(timeline.events(1_001)).isZero();
  }

  @Test
  void shouldTakeTheFirstRowThatIncludesAnEvent() {
    // Given
    timeline.learned("ada", position(1, 4), 1_010);
    timeline.learned("ada", position(1, 6), 1_300);
    timeline.learned("ada", position(1, 9), 1_900);
    timeline.learned("bob", position(1, 9), 1_001);
    timeline.appended("ada", new Place(1, 5), 1_000);

    // When
    Times times = timeline.rows(0);

    // Then
    assertThat(times.missed()).isZero();
    assertThat(times.millis().getMaxValue()).isEqualTo(300);
  }

  @Test
  void shouldMeasureADecisionFromTheLastEventThatItNeeded() {
    // Given
    timeline.appended("ada", new Place(1, 5), 1_000);
    timeline.appended("bob", new Place(2, 0), 1_200);
    timeline.appended("ada", new Place(1, 6), 1_250);
    timeline.bucketed("domain/law", List.of(new Place(1, 5)));
    timeline.bucketed("domain/law", List.of(new Place(2, 0), new Place(1, 6)));
    timeline.decided("domain/law", 2, 1_700);
    timeline.decided("domain/law", 2, 1_900);

    // When
    Times times = timeline.decisions(0);

    // Then
    assertThat(times.millis().getTotalCount()).isEqualTo(1);
    assertThat(times.millis().getMaxValue()).isEqualTo(500);
  }

  @Test
  void shouldCountWhatIsNotLearnedYet() {
    // Given
    timeline.bucketed("domain/law", List.of(new Place(1, 5), new Place(1, 6), new Place(1, 7)));
    timeline.trained("domain/law", 2);

    // When
    long backlog = timeline.backlog();

    // Then
    assertThat(backlog).isEqualTo(1);
  }

  private static Position position(int partition, long offset) {
    return new Position(Topics.PREFERENCES.name(), partition, offset);
  }
}
