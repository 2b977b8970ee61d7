package dev.attune.cli.users;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.cli.cluster.PublishedModels;
import dev.attune.cli.cluster.StoredArtifacts;
import dev.attune.model.reward.UserKey;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ModelVersion;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The states of models, which hold events for replay, for the gate's comparisons, for the next
 * batch and for the next epoch. A reward model's state names the user of each by the eight bytes of
 * their {@link UserKey}, the policy's by the id behind its length, both without compression; so a
 * state of which neither is a part holds nothing of the user.
 *
 * <p>The states that training goes on from and those of kept versions are two places: the trainer
 * drops a user from the first at once; the others are never changed, and leave when newer versions
 * take their places.
 */
final class ModelStatesPlace implements Place {
  private final String name;
  private final boolean current;
  private final List<byte[]> names;
  private final PublishedModels models;
  private final StoredArtifacts artifacts;

  /** By sha-256, of what was looked through. */
  private final Map<String, Boolean> looked = new HashMap<>();

  private ModelStatesPlace(KafkaSettings kafka, String name, boolean current, String userId) {
    this.name = name;
    this.current = current;
    this.names = names(userId);
    this.artifacts = new StoredArtifacts(kafka);
    this.models = new PublishedModels(kafka);
  }

  /** The states that training goes on from. */
  static ModelStatesPlace current(KafkaSettings kafka, String userId) {
    return new ModelStatesPlace(kafka, "models, what training goes on from", true, userId);
  }

  /** The states of earlier versions that can be gone back to. */
  static ModelStatesPlace kept(KafkaSettings kafka, String userId) {
    return new ModelStatesPlace(kafka, "models, kept versions", false, userId);
  }

  @Override
  public Finding look() {
    Map<String, ModelVersion> wanted = new TreeMap<>(models.refreshAll());
    List<String> shared =
        wanted.entrySet().stream()
            .filter(entry -> isCurrent(entry.getKey(), entry.getValue()))
            .map(entry -> entry.getValue().getState().getSha256())
            .toList();
    wanted
        .entrySet()
        .removeIf(
            entry ->
                isCurrent(entry.getKey(), entry.getValue()) != current
                    || (!current && shared.contains(entry.getValue().getState().getSha256())));
    List<Artifact> unseen =
        wanted.values().stream()
            .map(ModelVersion::getState)
            .filter(state -> !looked.containsKey(state.getSha256()))
            .toList();
    // One at a time: a state may be large.
    for (Artifact state : unseen) {
      StoredArtifacts.Stored stored = artifacts.read(List.of(state)).get(state.getSha256());
      looked.put(
          state.getSha256(), stored.bytes().map(bytes -> namesUser(bytes, names)).orElse(false));
    }
    List<String> holding = new ArrayList<>();
    wanted.forEach(
        (key, manifest) -> {
          if (looked.get(manifest.getState().getSha256())) {
            holding.add(key);
          }
        });
    return finding(name, current, wanted.size(), holding);
  }

  static Finding finding(String name, boolean current, int states, List<String> holding) {
    return holding.isEmpty()
        ? Finding.clean(
            name, Finding.Kind.STATE, "none of %d states names the user".formatted(states))
        : Finding.holds(
            name,
            Finding.Kind.STATE,
            "%s %s"
                .formatted(
                    String.join(", ", holding),
                    current
                        ? "has events of the user: no trainer has followed the request yet"
                        : "has events of the user, until newer versions have taken its place"),
            null);
  }

  /** How states name a user. */
  static List<byte[]> names(String userId) {
    byte[] id = userId.getBytes(UTF_8);
    return List.of(
        ByteBuffer.allocate(Long.BYTES).putLong(UserKey.of(userId)).array(),
        ByteBuffer.allocate(Integer.BYTES + id.length).putInt(id.length).put(id).array());
  }

  static boolean namesUser(byte[] state, List<byte[]> names) {
    return names.stream().anyMatch(name -> ByteSearch.contains(state, name));
  }

  private static boolean isCurrent(String key, ModelVersion manifest) {
    return key.equals(manifest.getName());
  }

  @Override
  public void close() {
    models.close();
  }
}
