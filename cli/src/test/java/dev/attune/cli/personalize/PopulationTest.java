package dev.attune.cli.personalize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.evaluate.CustomizedData;
import dev.attune.cli.evaluate.Split;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PopulationTest {
  @TempDir private Path folder;
  private CustomizedData data;
  private Split<ReplyPair> pairs;

  @BeforeEach
  void readData() throws IOException {
    data = PersonalizedTexts.write(folder);
    pairs = ReplyPair.ofAll(data);
  }

  @Test
  void shouldLetTheMajorityChooseTheLongerAndTheMinorityTheShorter() {
    // Given
    List<SimulatedUser> users = ConflictingLengths.users("u", false, String::length, 1);

    // When
    Population population =
        Population.of(
            users, List.of(), pairs.train(), pairs.test(), new Population.Size(10, 5, 0), 1);

    // Then
    assertThat(users).filteredOn(user -> user.group().equals("majority")).hasSize(14);
    assertThat(users).filteredOn(user -> user.group().equals("minority")).hasSize(6);
    for (PersonalComparison one : population.train()) {
      boolean longer = one.preferred().length() > one.other().length();
      assertThat(longer).isEqualTo(Integer.parseInt(one.user().substring(1)) <= 14);
      assertThat(one.preferred().length()).isNotEqualTo(one.other().length());
    }
    assertThat(population.train()).hasSize(20 * 10);
  }

  @Test
  void shouldTestOnPromptsThatNobodyLearnsFrom() {
    // Given
    List<SimulatedUser> seen = ConflictingLengths.users("seen-", false, String::length, 1);
    List<SimulatedUser> newcomers = ConflictingLengths.users("new-", false, String::length, 2);

    // When
    Population population =
        Population.of(
            seen, newcomers, pairs.train(), pairs.test(), new Population.Size(20, 10, 20), 3);

    // Then
    List<Object> learned =
        Stream.concat(
                population.train().stream(),
                population.streams().values().stream().flatMap(List::stream))
            .<Object>map(PersonalComparison::prompt)
            .toList();
    assertThat(population.tests()).hasSize(40);
    assertThat(population.tests(seen)).isNotEmpty();
    assertThat(population.tests().values().stream().flatMap(List::stream))
        .allSatisfy(test -> assertThat(learned).doesNotContain(test.prompt()));
    assertThat(population.streams().keySet()).allMatch(id -> id.startsWith("new-"));
    assertThat(population.train()).allMatch(one -> one.user().startsWith("seen-"));
  }

  @Test
  void shouldBeTheSameForTheSameSeedAndAnotherForAnother() {
    // Given
    Population first = conflict(1);

    // When
    Population second = conflict(1);

    // Then
    assertThat(second.train()).isEqualTo(first.train());
    assertThat(second.tests()).isEqualTo(first.tests());
    assertThat(conflict(2).train()).isNotEqualTo(first.train());
  }

  @Test
  void shouldGiveOpposedProfilesOpposedChoices() {
    // Given
    Split<ReplyPair> queries = ReplyPair.ofQueries(data.dsp());
    List<String> replies = queries.train().stream().map(ReplyPair::first).toList();

    // When
    List<SimulatedUser> users = Profiles.users(replies);

    // Then
    assertThat(users).extracting(SimulatedUser::id).containsExactlyElementsOf(Profiles.NAMES);
    for (int i = 0; i < 6; i += 2) {
      for (ReplyPair pair : queries.train()) {
        double margin = users.get(i).taste().margin(pair.first(), pair.second());
        assertThat(users.get(i + 1).taste().margin(pair.first(), pair.second())).isEqualTo(-margin);
      }
    }
  }

  @Test
  void shouldMeasureWhatTheProfilesLike() {
    // Given
    String plain = "It is so.";
    String wordy = "Notwithstanding considerable reservations, researchers concluded.";
    String warm = "I hope you like it!";

    // When
    double difference = Profiles.wordLength(wordy) - Profiles.wordLength(plain);

    // Then
    assertThat(difference).isGreaterThan(5);
    assertThat(Profiles.differentWords("a a a b")).isEqualTo(Math.log1p(2));
    assertThat(Profiles.friendliness(warm)).isGreaterThan(Profiles.friendliness(wordy));
    assertThat(Profiles.friendliness("")).isZero();
    assertThat(Profiles.wordLength("")).isZero();
  }

  @Test
  void shouldWriteAboutAUserWhatTheUserLikes() {
    // Given
    // When
    List<SimulatedUser> users = ConflictingLengths.users("u", true, String::length, 4);

    // Then
    assertThat(users).allMatch(user -> !user.text().isEmpty());
    assertThat(users.get(0).choices(pairs.train(), 1, new Random(1)).get(0).generic())
        .extracting(PersonalComparison::user, PersonalComparison::userText)
        .containsExactly(PersonalComparison.GENERIC, users.get(0).text());
  }

  private Population conflict(long seed) {
    return Population.of(
        ConflictingLengths.users("u", false, String::length, 1),
        List.of(),
        pairs.train(),
        pairs.test(),
        new Population.Size(10, 5, 0),
        seed);
  }
}
