package dev.attune.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicsTest {

  @Test
  void shouldBeDocumentedAsTheyAre() throws IOException {
    // Given
    String manual = Files.readString(Path.of("../docs/topics.md"));
    // When
    String table = Topics.markdown();
    // Then
    assertThat(manual).contains(table);
  }

  @Test
  void shouldHaveUniqueNamesWithThePrefix() {
    // Given
    List<Topic<?>> all = Topics.all();
    // When
    List<String> names = all.stream().<String>map(Topic::name).toList();
    // Then
    assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.startsWith(Topics.PREFIX));
  }

  @Test
  void shouldKeepAUsersStateBesideTheUsersFeedback() {
    // Given
    int feedback = Topics.BUCKETS_BY_USER.partitions();
    // When
    int state = Topics.USERS.partitions();
    // Then
    assertThat(state).isEqualTo(feedback);
  }

  @Test
  void shouldStampPreferencesWithTheBrokersTime() {
    // Given
    Topic<?> topic = Topics.PREFERENCES;
    // When
    NewTopic created = topic.toNewTopic((short) 3);
    // Then
    assertThat(created.replicationFactor()).isEqualTo((short) 3);
    assertThat(created.configs())
        .containsEntry("message.timestamp.type", "LogAppendTime")
        .containsEntry("cleanup.policy", "delete")
        .containsEntry("retention.ms", String.valueOf(Duration.ofDays(30).toMillis()));
  }

  @ParameterizedTest
  @CsvSource({"-1,", "1,", "2,", "3, 2", "5, 2"})
  void shouldAskForTwoReplicasWhereOneMayBeAway(short replication, @Nullable String inSync) {
    // Given
    Topic<?> topic = Topics.PREFERENCES;
    // When
    NewTopic created = topic.toNewTopic(replication);
    // Then
    assertThat(created.configs().get("min.insync.replicas")).isEqualTo(inSync);
  }

  @Test
  void shouldKeepCompactedTopicsForEver() {
    // Given
    Topic<?> topic = Topics.ARTIFACTS;
    // When
    Map<String, String> configs = topic.configs();
    // Then
    assertThat(configs)
        .containsEntry("cleanup.policy", "compact")
        .containsEntry("retention.ms", "-1")
        .containsEntry("max.message.bytes", "2097152");
  }

  @Test
  void shouldRefuseATopicWithoutPartitions() {
    // Given
    Topic<?> topic = Topics.MODELS;
    // When / Then
    assertThatThrownBy(() -> topic.withPartitions(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("attune.models: partitions is 0, at least 1");
  }
}
