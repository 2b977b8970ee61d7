package dev.attune.cli.personalize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.imports.DspQuery;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ArrivingUsersTest {
  @Test
  void shouldLetEachUserChooseForAWhileAndAnotherOneCome() {
    // Given
    ArrivingUsers users = new ArrivingUsers(queries(), 30, 6, 1);
    Map<String, Integer> choices = new HashMap<>();
    List<Integer> present = new ArrayList<>();

    // When
    for (List<PersonalComparison> round = users.round(); !round.isEmpty(); round = users.round()) {
      present.add(round.size());
      assertThat(round).extracting(PersonalComparison::user).doesNotHaveDuplicates();
      round.forEach(choice -> choices.merge(choice.user(), 1, Integer::sum));
    }

    // Then
    assertThat(users.arrived()).isEqualTo(30);
    assertThat(choices).hasSize(30);
    assertThat(choices.values()).allMatch(count -> count >= 1 && count <= 24);
    assertThat(choices.values().stream().filter(count -> count >= 16)).hasSizeGreaterThan(20);
    assertThat(present.subList(0, present.size() / 2)).containsOnly(6);
    assertThat(choices.keySet()).filteredOn(user -> user.startsWith("brief-")).hasSize(5);
  }

  @Test
  void shouldComeTheSameWayAgain() {
    // Given
    ArrivingUsers users = new ArrivingUsers(queries(), 30, 6, 1);
    ArrivingUsers again = new ArrivingUsers(queries(), 30, 6, 1);
    users.round();

    // When
    again.round();

    // Then
    assertThat(again.round()).isEqualTo(users.round());
  }

  private static List<DspQuery> queries() {
    List<DspQuery> queries = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      Map<String, String> responses = new LinkedHashMap<>();
      responses.put("academy", "Considerable investigations demonstrate phenomenon " + i + ".");
      responses.put("business", "You win! We help you and your team, and it's fun: number " + i);
      responses.put("literature", "A day, a sea, a sky of red and blue, so far, so old, " + i);
      responses.put(DspQuery.NORMAL, "It is " + i);
      queries.add(new DspQuery(i, i + 1, "What is it about " + i + "?", responses));
    }
    return queries;
  }
}
