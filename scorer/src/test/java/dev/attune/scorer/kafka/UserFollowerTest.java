package dev.attune.scorer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.scorer.core.Policies;
import dev.attune.scorer.metrics.ScorerMetrics;
import dev.attune.scorer.users.UserStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UserFollowerTest {
  private static final TopicPartition PARTITION = new TopicPartition(Topics.USERS.name(), 0);

  /** That it is loaded also tells Avro which records it may make. */
  private static final AvroDeserializer<UserEmbedding> AVRO =
      new AvroDeserializer<>(UserEmbedding.class);

  @TempDir Path dir;
  private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("none");
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Map<TopicPartition, Long> positions = new HashMap<>();
  private UserStore store;
  private UserFollower follower;

  @BeforeEach
  void open() {
    AVRO.configure(Map.of("schema.registry.url", "http://localhost:1"), false);
    store = UserStore.open(dir, 1 << 20, 10, 2, () -> 1);
    follower =
        new UserFollower(
            consumer, UserFollowerTest::decode, store, new ScorerMetrics(meters), positions);
    PartitionInfo info = new PartitionInfo(PARTITION.topic(), 0, null, null, null);
    consumer.updatePartitions(PARTITION.topic(), List.of(info));
    consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
  }

  @AfterEach
  void close() {
    follower.close();
    store.close();
  }

  @Test
  void shouldSkipWhatIsNoStateAndKeepTheOneBefore() {
    // Given
    records("u", "u 5", "other", "u 6", "u", "broken 7", "u", "no Avro", null, "u 8", "v", "v 9");

    // When
    follower.open();

    // Then
    assertThat(store.find("u", 1).included().getOffset()).isEqualTo(5);
    assertThat(store.find("v", 1).included().getOffset()).isEqualTo(9);
    assertThat(store.size()).isEqualTo(2);
    assertThat(rejected("key")).isEqualTo(2);
    assertThat(rejected("numbers")).isEqualTo(1);
    assertThat(rejected("bytes")).isEqualTo(1);
    assertThat(positions).containsEntry(PARTITION, 6L);
  }

  @Test
  void shouldGoOnWhereTheOneBeforeItStopped() {
    // Given
    positions.put(PARTITION, 1L);
    records("u", "u 5", "v", "v 6");

    // When
    follower.open();

    // Then
    assertThat(store.find("u", 1)).isNull();
    assertThat(store.find("v", 1)).isNotNull();
  }

  @Test
  void shouldForgetEveryoneWhereTheLogNoLongerReachesBack() {
    // Given
    store.apply(List.of(new UserStore.Change("u", Policies.user("u", 1, 1, 5))));
    positions.put(PARTITION, 1L);
    records("u", "u 5", "v", "v 6", "w", "w 7");
    consumer.updateBeginningOffsets(Map.of(PARTITION, 2L));

    // When
    Throwable fault = catchThrowable(follower::open);

    // Then
    assertThat(fault).isInstanceOf(InvalidOffsetException.class);
    assertThat(positions).isEmpty();
    assertThat(store.find("u", 1)).isNull();
  }

  /** Keys and texts by turns. */
  private void records(@Nullable String... keysAndTexts) {
    consumer.updateEndOffsets(Map.of(PARTITION, keysAndTexts.length / 2L));
    consumer.schedulePollTask(
        () -> {
          for (int i = 0; i < keysAndTexts.length; i += 2) {
            consumer.addRecord(
                new ConsumerRecord<>(
                    PARTITION.topic(),
                    0,
                    i / 2,
                    keysAndTexts[i],
                    keysAndTexts[i + 1].getBytes(UTF_8)));
          }
        });
  }

  private double rejected(String reason) {
    return meters.get("attune.scorer.users.rejected").tag("reason", reason).counter().count();
  }

  /** "USER OFFSET" is a state; of the user broken it is one whose numbers do not fit. */
  private static UserEmbedding decode(String topic, byte[] bytes) {
    String[] words = new String(bytes, UTF_8).split(" ", -1);
    if (words[0].equals("no")) {
      return AVRO.deserialize(topic, bytes);
    }
    boolean broken = words[0].equals("broken");
    UserEmbedding user = Policies.user(broken ? "u" : words[0], 1, 1, Long.parseLong(words[1]));
    if (broken) {
      user.setHeadCovariance(List.of(1f));
    }
    return user;
  }
}
