package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import dev.attune.schemas.events.Turn;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BucketTest {
  @TempDir Path stateDir;
  private FakeRegistry registry;
  private IngestHarness ingest;

  @BeforeEach
  void start() {
    registry = new FakeRegistry();
    ingest = new IngestHarness(registry, stateDir, Map.of());
  }

  @AfterEach
  void stop() {
    ingest.close();
    registry.close();
  }

  @Test
  void shouldCloseAtSixteenComparisons() {
    // Given
    for (int i = 0; i < 7; i++) {
      ingest.send(Events.choice("ann", "e" + i, 3).build());
    }
    ingest.send(Events.event("ann", "t1", 1).setSignal(new Thumb("a", true)).build());

    // When
    ingest.send(Events.event("ann", "t2", 1).setSignal(new Thumb("a", true)).build());

    // Then
    PreferenceBucket bucket = ingest.byUser.readValue();
    assertThat(bucket.getFeedback()).hasSize(9);
    assertThat(bucket.getSourceOffsets())
        .containsExactlyElementsOf(LongStream.range(0, 9).boxed().toList());
    assertThat(ingest.byDomain.readValue().getFeedback()).isEqualTo(bucket.getFeedback());
    assertThat(closed("by_user", "comparisons")).isEqualTo(1);
    assertThat(storedItems()).isEmpty();
  }

  @Test
  void shouldCloseBeforeItGrowsOverTheSize() {
    // Given
    String text = "x".repeat(30_000);
    for (int i = 0; i < 8; i++) {
      ingest.send(
          Events.event("ann", "e" + i, 1)
              .setPrompt(List.of(new Turn("user", text)))
              .setSignal(new Thumb("a", true))
              .build());
    }

    // When
    ingest.send(
        Events.event("ann", "last", 1)
            .setPrompt(List.of(new Turn("user", text)))
            .setSignal(new Thumb("a", true))
            .build());

    // Then
    assertThat(ingest.byUser.readValue().getFeedback()).hasSize(8);
    assertThat(closed("by_user", "bytes")).isEqualTo(1);
  }

  @Test
  void shouldCloseEachRouteAtItsAge() {
    // Given
    ingest.send(Events.choice("ann", "e", 3).build());

    // When
    ingest.advance(Duration.ofMillis(50));

    // Then
    assertThat(ingest.byUser.getQueueSize()).isEqualTo(1);
    assertThat(ingest.byDomain.isEmpty()).isTrue();
    ingest.advance(Duration.ofMillis(950));
    assertThat(ingest.byDomain.getQueueSize()).isEqualTo(1);
    assertThat(closed("by_domain", "age")).isEqualTo(1);
  }

  @Test
  void shouldStayOpenBelowItsAge() {
    // Given
    ingest.send(Events.choice("ann", "e", 3).build());

    // When
    ingest.advance(Duration.ofMillis(40));

    // Then
    assertThat(ingest.byUser.isEmpty()).isTrue();
    assertThat(storedItems()).hasSize(1);
  }

  @Test
  void shouldKeyByUserAndByDomain() {
    // Given
    ingest.send(Events.choice("ann", "e", 3).setDomain(null).setUserText("I cook").build());

    // When
    ingest.advance(Duration.ofSeconds(1));

    // Then
    KeyValue<String, PreferenceBucket> byUser = ingest.byUser.readKeyValue();
    KeyValue<String, PreferenceBucket> byDomain = ingest.byDomain.readKeyValue();
    assertThat(byUser.key).isEqualTo("ann");
    assertThat(byDomain.key).isEqualTo("general");
    assertThat(byUser.value.getRoute()).isEqualTo(Route.BY_USER);
    assertThat(byDomain.value.getRoute()).isEqualTo(Route.BY_DOMAIN);
    assertThat(byDomain.value.getDomain()).isEqualTo("general");
    assertThat(byDomain.value.getUserText()).isEqualTo("I cook");
    assertThat(byDomain.value.getFirstEventAt()).isEqualTo(Events.NOW);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\ud83d\udc69\u200d\ud83c\udf3e",
        "\u202eabc",
        "a\nb\t",
        "e\u0301",
        "BY_USER",
        "\uffff",
        "\ufffd"
      })
  void shouldKeepOddTextAsItIs(String odd) {
    // Given
    ingest.send(
        Events.choice("ann", "e", 2)
            .setPrompt(List.of(new Turn("user", odd)))
            .setUserText(odd)
            .build());

    // When
    List<PreferenceBucket> buckets = ingest.flush(Route.BY_DOMAIN);

    // Then
    assertThat(buckets).hasSize(1);
    assertThat(buckets.get(0).getUserText()).isEqualTo(odd);
    assertThat(buckets.get(0).getFeedback().get(0).getPrompt())
        .containsExactly(new Turn("user", odd));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\ud83e\udd6c", "e\u0301", "BY_USER", "\uffff", "a.b#edit", "a b", "\u90ed"})
  void shouldKeepOddIdsAsTheyAre(String odd) {
    // Given
    ingest.send(Events.choice(odd, odd, 2).build());

    // When
    List<PreferenceBucket> buckets = ingest.flush(Route.BY_DOMAIN);

    // Then
    assertThat(buckets).hasSize(1);
    assertThat(buckets.get(0).getUserId()).isEqualTo(odd);
    assertThat(buckets.get(0).getFeedback().get(0).getEventId()).isEqualTo(odd);
  }

  @Test
  void shouldLetAnEventWithManyComparisonsFillABucketAlone() {
    // Given
    Tie allTied = new Tie(List.of());

    // When
    ingest.send(Events.event("ann", "e", 7).setSignal(allTied).build());

    // Then
    assertThat(ingest.byUser.readValue().getFeedback().get(0).getComparisons()).hasSize(21);
  }

  @Test
  void shouldNumberBucketsWithoutGapsAndCoverEveryOffsetOnce() {
    // Given
    Random random = new Random(7);
    int events = 600;
    for (int i = 0; i < events; i++) {
      String user = "user" + random.nextInt(5);
      String domain = random.nextBoolean() ? "cooking" : "general.helpful";
      switch (random.nextInt(10)) {
        case 0 -> ingest.send(user, new byte[] {9});
        case 1 -> ingest.send(Events.choice(user, "same", 2).setDomain(domain).build());
        default ->
            ingest.send(
                Events.choice(user, "e" + i, 2 + random.nextInt(4)).setDomain(domain).build());
      }
      ingest.advance(Duration.ofMillis(random.nextInt(20)));
    }

    // When
    ingest.advance(Duration.ofSeconds(2));

    // Then
    List<PreferenceBucket> byUser = ingest.byUser.readValuesToList();
    List<PreferenceBucket> byDomain = ingest.byDomain.readValuesToList();
    assertSequences(byUser);
    assertSequences(byDomain);
    assertThat(byUser.stream().flatMap(bucket -> bucket.getSourceOffsets().stream()).sorted())
        .containsExactlyElementsOf(LongStream.range(0, events).boxed().toList());
    assertThat(learned(byUser)).isEqualTo(learned(byDomain)).doesNotHaveDuplicates();
    assertThat(learned(byUser)).hasSize((int) ingest.count("accepted", ""));
    assertThat(storedItems()).isEmpty();
  }

  private static void assertSequences(List<PreferenceBucket> buckets) {
    Map<List<String>, Long> next = new HashMap<>();
    for (PreferenceBucket bucket : buckets) {
      List<String> key = List.of(bucket.getUserId(), bucket.getDomain());
      assertThat(bucket.getSequence()).isEqualTo(next.getOrDefault(key, 0L));
      assertThat(bucket.getSourceOffsets()).isSorted();
      next.put(key, bucket.getSequence() + 1);
    }
  }

  private static List<Long> learned(List<PreferenceBucket> buckets) {
    return buckets.stream()
        .flatMap(bucket -> bucket.getFeedback().stream())
        .map(Feedback::getOffset)
        .sorted()
        .toList();
  }

  private List<Bytes> storedItems() {
    List<Bytes> keys = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> all =
        ingest.driver.<Bytes, byte[]>getKeyValueStore(StateStores.ITEMS).all()) {
      all.forEachRemaining(item -> keys.add(item.key));
    }
    return keys;
  }

  private double closed(String route, String cause) {
    return ingest
        .meters
        .get("attune.ingest.buckets")
        .tag("route", route)
        .tag("cause", cause)
        .counter()
        .count();
  }
}
