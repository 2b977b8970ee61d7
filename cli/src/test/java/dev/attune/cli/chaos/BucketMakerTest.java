package dev.attune.cli.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.Route;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BucketMakerTest {
  private static final List<PreferenceEvent> EVENTS = TrainEvents.madeUp(false, 2_000, 3);

  @Test
  void shouldMakeTheSameBucketsAgain() {
    // When
    List<BucketRecord> made = new BucketMaker(5).make(EVENTS);

    // Then
    assertThat(made).isEqualTo(new BucketMaker(5).make(EVENTS));
    assertThat(made).isNotEqualTo(new BucketMaker(6).make(EVENTS));
  }

  @Test
  void shouldPutEachEventInOneBucketOfEachRoute() {
    // When
    List<BucketRecord> made = new BucketMaker(5).make(EVENTS);

    // Then
    for (Route route : Route.values()) {
      List<Feedback> feedback =
          buckets(made, route).stream().flatMap(each -> each.getFeedback().stream()).toList();
      assertThat(
              feedback.stream().filter(each -> each.getRevision() == 0).map(Feedback::getEventId))
          .containsExactlyInAnyOrderElementsOf(
              EVENTS.stream().map(PreferenceEvent::getEventId).toList());
    }
  }

  @Test
  void shouldTakeBackOnlyWhatEarlierBucketsTaught() {
    // When
    List<BucketRecord> made = new BucketMaker(5).make(EVENTS);

    // Then
    for (Route route : Route.values()) {
      Set<String> taught = new HashSet<>();
      int taken = 0;
      for (PreferenceBucket bucket : buckets(made, route)) {
        for (Retraction each : bucket.getRetractions()) {
          assertThat(taught.remove(bucket.getUserId() + each.getEventId() + each.getRevision()))
              .isTrue();
          taken++;
        }
        for (Feedback each : bucket.getFeedback()) {
          taught.add(bucket.getUserId() + each.getEventId() + each.getRevision());
        }
      }
      assertThat(taken).isPositive();
    }
  }

  @Test
  void shouldNumberBucketsAnewAfterAnErasure() {
    // When
    List<BucketRecord> made = new BucketMaker(5).make(EVENTS);

    // Then
    Map<String, Long> next = new HashMap<>();
    int erasures = 0;
    for (BucketRecord each : made) {
      if (each.bucket() == null) {
        next.keySet().removeIf(key -> key.contains("/" + each.key() + "/"));
        erasures++;
      } else {
        String key =
            each.route() + "/" + each.bucket().getUserId() + "/" + each.bucket().getDomain();
        assertThat(each.bucket().getSequence()).isEqualTo(next.getOrDefault(key, 0L));
        next.merge(key, 1L, Long::sum);
      }
    }
    assertThat(erasures).isPositive();
  }

  private static List<PreferenceBucket> buckets(List<BucketRecord> made, Route route) {
    return made.stream()
        .filter(each -> each.route() == route)
        .map(BucketRecord::bucket)
        .filter(Objects::nonNull)
        .toList();
  }
}
