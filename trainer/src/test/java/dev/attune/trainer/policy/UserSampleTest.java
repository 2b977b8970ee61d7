package dev.attune.trainer.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.model.policy.UserEvent;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.Turn;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserSampleTest {
  private static final int PARTITIONS = 3;
  private static final int EVENTS = 200;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void shouldNotDependOnHowPartitionsAreInterleaved(long seed) throws IOException {
    // Given: events, retractions and erasures, of which each partition keeps its order
    List<List<Consumer<UserSample>>> partitions = partitions(seed);
    UserSample one = sample();
    interleaved(partitions, new Random(seed)).forEach(step -> step.accept(one));
    UserSample other = sample();

    // When
    interleaved(partitions, new Random(seed + 100)).forEach(step -> step.accept(other));

    // Then
    assertThat(bytes(one)).isEqualTo(bytes(other));
    assertThat(one.size()).isBetween(20, 40);
  }

  @ParameterizedTest
  @ValueSource(ints = {50, 100, 150})
  void shouldGoOnAsIfItHadNeverBeenStored(int cut) throws IOException {
    // Given
    List<Consumer<UserSample>> steps = interleaved(partitions(1), new Random(1));
    UserSample whole = sample();
    steps.forEach(step -> step.accept(whole));
    UserSample first = sample();
    steps.subList(0, cut).forEach(step -> step.accept(first));
    UserSample second = sample();

    // When
    second.read(new DataInputStream(new ByteArrayInputStream(bytes(first))));
    steps.subList(cut, steps.size()).forEach(step -> step.accept(second));

    // Then
    assertThat(second.events()).isEqualTo(whole.events());
    assertThat(bytes(second)).isEqualTo(bytes(whole));
  }

  @Test
  void shouldHoldSoManyOfAUserAndNoneThatWasTakenBack() {
    // Given
    UserSample sample = new UserSample(1000, 5, 1);
    for (int offset = 0; offset < 100; offset++) {
      sample.add(event(0, offset, "u" + offset % 10));
    }
    SampledEvent gone = sample.events().get(0);

    // When
    sample.retract(gone.partition(), gone.offset());
    sample.erase("u9");

    // Then
    Map<String, Long> users =
        sample.events().stream()
            .collect(Collectors.groupingBy(e -> e.event().user(), Collectors.counting()));
    assertThat(users).doesNotContainKey("u9").hasSize(9);
    assertThat(users.values()).allSatisfy(count -> assertThat(count).isBetween(4L, 5L));
    assertThat(sample.events()).doesNotContain(gone).hasSize(44);
    assertThat(sample.users()).isEqualTo(9);
  }

  /** Each event is as likely to be kept as any other. */
  @Test
  void shouldFavourNeitherEarlyNorLateEvents() {
    // Given
    double sum = 0;
    int kept = 0;

    // When
    for (long seed = 0; seed < 50; seed++) {
      UserSample sample = new UserSample(20, 1000, seed);
      for (int offset = 0; offset < 400; offset++) {
        sample.add(event(0, offset, "u"));
      }
      for (SampledEvent event : sample.events()) {
        sum += event.offset();
        kept++;
      }
    }

    // Then: 1000 draws of 0 to 399; three standard errors are 11
    assertThat(kept).isEqualTo(1000);
    assertThat(sum / kept).isBetween(188.0, 211.0);
  }

  private static UserSample sample() {
    return new UserSample(40, 8, 7);
  }

  private static List<List<Consumer<UserSample>>> partitions(long seed) {
    Random random = new Random(seed);
    List<List<Consumer<UserSample>>> partitions = new ArrayList<>();
    for (int p = 0; p < PARTITIONS; p++) {
      int partition = p;
      List<Consumer<UserSample>> steps = new ArrayList<>();
      for (int o = 0; o < EVENTS / PARTITIONS; o++) {
        int offset = o;
        String user = "u" + partition + "-" + random.nextInt(4);
        steps.add(sample -> sample.add(event(partition, offset, user)));
        if (random.nextInt(10) == 0) {
          int earlier = random.nextInt(offset + 1);
          steps.add(sample -> sample.retract(partition, earlier));
        }
        if (random.nextInt(30) == 0) {
          steps.add(sample -> sample.erase(user));
        }
      }
      partitions.add(steps);
    }
    return partitions;
  }

  private static <T> List<T> interleaved(List<List<T>> lists, Random random) {
    List<List<T>> left = lists.stream().<List<T>>map(ArrayList::new).collect(Collectors.toList());
    List<T> all = new ArrayList<>();
    while (!left.isEmpty()) {
      List<T> list = left.get(random.nextInt(left.size()));
      all.add(list.remove(0));
      left.removeIf(List::isEmpty);
    }
    return all;
  }

  private static SampledEvent event(int partition, long offset, String user) {
    return new SampledEvent(
        partition,
        offset,
        1000 - offset % 17,
        new UserEvent(
            user,
            new PreferenceExample(
                List.of(new Turn("user", "q" + offset)),
                List.of("a", "b"),
                List.of(new Pair(1, 0, 0.5f, 0.25f, offset % 2 == 0)),
                List.of(new Judgement(0, true, 2)),
                offset % 3 == 0 ? null : "text"),
            List.of(OptionalDouble.of((double) offset), OptionalDouble.empty())));
  }

  private static byte[] bytes(UserSample sample) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    sample.write(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }
}
