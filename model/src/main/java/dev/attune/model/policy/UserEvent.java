package dev.attune.model.policy;

import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.util.List;
import java.util.OptionalDouble;

/**
 * An event of a user, as a policy learns from it.
 *
 * @param user whose it is
 * @param event what it teaches
 * @param served what the domain's reward model gave each reply where it was served; empty of
 *     replies that were not
 */
public record UserEvent(String user, PreferenceExample event, List<OptionalDouble> served) {
  /** Checks that there is a reward or its absence for each reply. */
  public UserEvent {
    served = List.copyOf(served);
    if (served.size() != event.replies().size()) {
      throw new IllegalArgumentException(
          "%d rewards of %d replies".formatted(served.size(), event.replies().size()));
    }
  }

  /** By how much the domain's reward preferred the preferred reply, in log-odds; 0 if unknown. */
  public double offset(Pair pair) {
    OptionalDouble preferred = served.get(pair.preferred());
    OptionalDouble other = served.get(pair.other());
    return preferred.isPresent() && other.isPresent()
        ? preferred.getAsDouble() - other.getAsDouble()
        : 0;
  }
}
