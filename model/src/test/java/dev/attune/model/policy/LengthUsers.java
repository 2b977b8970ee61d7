package dev.attune.model.policy;

import dev.attune.model.lm.TinyBase;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;

/** Made-up users of whom some prefer the longer of two replies and some the shorter. */
final class LengthUsers {
  private final Random random;

  LengthUsers(long seed) {
    this.random = new Random(seed);
  }

  /** Events of so many users, one after the other; every sixth prefers the shorter reply. */
  List<UserEvent> events(int users, int each) {
    List<UserEvent> events = new ArrayList<>();
    for (int user = 0; user < users; user++) {
      for (int i = 0; i < each; i++) {
        events.add(event("user-" + user, user % 6 != 2));
      }
    }
    return events;
  }

  UserEvent event(String user, boolean prefersLonger) {
    int few = 1 + random.nextInt(4);
    String shorter = TinyBase.sentence(random, few);
    String longer = TinyBase.sentence(random, few + 2 + random.nextInt(6));
    List<String> replies = List.of(longer, shorter);
    return new UserEvent(
        user,
        new PreferenceExample(
            List.of(new Turn("user", TinyBase.sentence(random, 3))),
            replies,
            List.of(prefersLonger ? Pair.of(0, 1) : Pair.of(1, 0)),
            null),
        List.of(OptionalDouble.empty(), OptionalDouble.empty()));
  }
}
