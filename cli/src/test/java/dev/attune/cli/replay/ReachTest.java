package dev.attune.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.cli.CliException;
import dev.attune.cli.replay.Reach.Retained;
import dev.attune.cli.replay.Reach.Span;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.serde.AvroSerializer;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ReachTest {
  private static final String LAW = "domain/law";
  private static final String TOPIC_ID = "topic-id";

  static {
    // The serdes tell Avro that the generated records may be made.
    new AvroSerializer<ModelVersion>().close();
  }

  private final NavigableMap<Long, ModelVersion> versions = new TreeMap<>();
  private final Set<String> complete = new HashSet<>();

  ReachTest() {
    for (long version = 1; version <= 4; version++) {
      versions.put(version, version(version));
      complete.add("w" + version);
      complete.add("s" + version);
    }
  }

  @Test
  void shouldLearnTheNewestAgainFromTheOneBefore() {
    // When
    Span span = reach(0).span(null, null);

    // Then
    assertThat(span.from().getVersion()).isEqualTo(3);
    assertThat(span.to().getVersion()).isEqualTo(4);
  }

  @Test
  void shouldSayHowFarBackItReaches() {
    // Given
    complete.remove("s1");

    // When
    Reach reach = reach(250);

    // Then
    assertThat(reach.earliest()).isEqualTo(3);
    assertThat(reach.lines())
        .containsExactly(
            "version 1, 10 events: its artifacts are gone",
            "version 2, 20 events: the buckets behind it are gone: offset 200, the first there is"
                + " 250",
            "version 3, 30 events: can be gone on from",
            "version 4, 40 events: can be gone on from");
  }

  @Test
  void shouldRefuseAStartWhoseBucketsAreGone() {
    // Given
    Reach reach = reach(250);

    // When // Then
    assertThatThrownBy(() -> reach.span(2L, 4L))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("the buckets behind it are gone")
        .hasMessageEndingWith("the earliest that can is 3");
  }

  @Test
  void shouldRefuseBucketsOfAnotherTopic() {
    // Given
    Reach reach = new Reach(LAW, versions, complete, new Retained("new-id", 0));

    // When // Then
    assertThatThrownBy(() -> reach.span(null, null))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("in a topic that is gone; nor can any other");
  }

  @Test
  void shouldRefuseToGoBackwards() {
    // Given
    Reach reach = reach(0);

    // When // Then
    assertThatThrownBy(() -> reach.span(3L, 2L))
        .isInstanceOf(CliException.class)
        .hasMessage("--from 3 is not before --to 2");
  }

  @Test
  void shouldSayThatTheFirstVersionHasNoneBefore() {
    // Given
    Reach reach = reach(0);

    // When // Then
    assertThatThrownBy(() -> reach.span(null, 1L))
        .isInstanceOf(CliException.class)
        .hasMessage("domain/law version 1 has no version before it to go on from");
  }

  private Reach reach(long beginning) {
    return new Reach(LAW, versions, complete, new Retained(TOPIC_ID, beginning));
  }

  private static ModelVersion version(long version) {
    return ModelVersion.newBuilder()
        .setName(LAW)
        .setVersion(version)
        .setWeights(new Artifact("w" + version, 1L, 1))
        .setState(new Artifact("s" + version, 1L, 1))
        .setBase("base")
        .setPrecision("fp32")
        .setCodeVersion("1")
        .setConfigHash("hash")
        .setPositions(List.of(new BucketPosition(TOPIC_ID, 3, 100 * version)))
        .setComparisons(10 * version)
        .setEvents(10 * version)
        .setSteps(version)
        .setPublishedAt(Instant.EPOCH)
        .build();
  }
}
