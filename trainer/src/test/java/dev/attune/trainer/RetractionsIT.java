package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Retraction;
import dev.attune.trainer.core.Buckets;
import dev.attune.trainer.core.FakeLearners;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetractionsIT {
  private static final String LAW = "law";

  @TempDir Path dir;

  @Test
  void shouldCountWhatIsTakenBackAndGoOn() {
    // Given
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    PreferenceBucket onlyTakesBack = Buckets.empty(LAW, 1);
    onlyTakesBack.setRetractions(List.of(retraction(0, 2, 1), retraction(1, 1, 0)));
    PreferenceBucket both = Buckets.of(LAW, 2, 4);
    both.setRetractions(List.of(retraction(2, 1, 0)));
    try (TrainerFixture fixture = new TrainerFixture(dir)) {
      fixture.send(List.of(Buckets.of(LAW, 0, 4), onlyTakesBack));
      fixture.sendNothing(LAW);
      fixture.send(List.of(both));
      try (TrainerApp app =
          new TrainerApp(fixture.config(dir), meters, fixture.clients, new FakeLearners())) {
        // When
        app.start();

        // Then
        await().atMost(Duration.ofSeconds(60)).until(() -> fixture.comparisons() == 8);
        assertThat(app.live()).isTrue();
      }
      assertThat(fixture.newest().get("domain/law").getPositions())
          .extracting(BucketPosition::getNextOffset)
          .contains(4L);
    }
    assertThat(count(meters, "comparison")).isEqualTo(4);
    assertThat(count(meters, "judgement")).isEqualTo(1);
  }

  private static Retraction retraction(long offset, int comparisons, int judgements) {
    return new Retraction("law-" + offset, 0, 1, offset, comparisons, judgements);
  }

  private static double count(SimpleMeterRegistry meters, String kind) {
    return meters.get("attune.trainer.retractions").tag("kind", kind).counter().count();
  }
}
