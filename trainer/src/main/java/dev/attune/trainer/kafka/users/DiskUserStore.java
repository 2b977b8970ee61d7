package dev.attune.trainer.kafka.users;

import dev.attune.platform.store.DiskStore;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.trainer.users.UserEmbeddings;
import dev.attune.trainer.users.UserStore;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Users' states on disk. */
final class DiskUserStore implements UserStore {
  private final DiskStore store;

  DiskUserStore(DiskStore store) {
    this.store = store;
  }

  @Override
  public @Nullable UserEmbedding get(String userId) {
    byte[] bytes = store.get(userId);
    return bytes == null ? null : UserEmbeddings.fromBytes(bytes);
  }

  @Override
  public void forEach(Consumer<UserEmbedding> visitor) {
    store.forEach((user, bytes) -> visitor.accept(UserEmbeddings.fromBytes(bytes)));
  }

  @Override
  public void write(Map<String, @Nullable UserEmbedding> changes) {
    Map<String, byte @Nullable []> batch = new LinkedHashMap<>();
    changes.forEach(
        (user, embedding) ->
            batch.put(user, embedding == null ? null : UserEmbeddings.toBytes(embedding)));
    store.write(batch);
  }
}
