package dev.attune.trainer.users;

import dev.attune.schemas.events.UserEmbedding;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** States in memory, through their bytes as on disk. */
public final class MapUserStore implements UserStore {
  private final Map<String, byte[]> states = new TreeMap<>();

  @Override
  public @Nullable UserEmbedding get(String userId) {
    byte[] bytes = states.get(userId);
    return bytes == null ? null : UserEmbeddings.fromBytes(bytes);
  }

  @Override
  public void forEach(Consumer<UserEmbedding> visitor) {
    states.values().forEach(bytes -> visitor.accept(UserEmbeddings.fromBytes(bytes)));
  }

  @Override
  public void write(Map<String, @Nullable UserEmbedding> changes) {
    changes.forEach(
        (user, state) -> {
          if (state == null) {
            states.remove(user);
          } else {
            states.put(user, UserEmbeddings.toBytes(state));
          }
        });
  }

  /** The states as bytes, by user. */
  public Map<String, byte[]> bytes() {
    return states;
  }
}
