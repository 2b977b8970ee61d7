package dev.attune.trainer.users;

import dev.attune.schemas.events.UserEmbedding;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The committed states of a partition's users. */
public interface UserStore {

  /** A user's state, or null where there is none. */
  @Nullable UserEmbedding get(String userId);

  /** Visits all states. */
  void forEach(Consumer<UserEmbedding> visitor);

  /** Puts states, and removes the users whose state is null, as one. */
  void write(Map<String, @Nullable UserEmbedding> changes);
}
