package dev.attune.cli.users;

import dev.attune.cli.cluster.ArtifactInventory;
import dev.attune.cli.cluster.ArtifactInventory.Held;
import dev.attune.cli.cluster.PublishedModels;
import dev.attune.cli.cluster.StoredArtifacts;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.events.Artifact;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Artifacts that no manifest names: states that have been replaced, which the trainer deletes when
 * it follows the erasure, and what one that died had stored and not committed. States name users as
 * {@link ModelStatesPlace} says.
 */
final class ReplacedStatesPlace implements Place {
  private static final String NAME = "models, what was replaced";

  private final ArtifactInventory inventory;
  private final PublishedModels models;
  private final StoredArtifacts artifacts;
  private final List<byte[]> names;

  /** By sha-256, of what was looked through. */
  private final Map<String, Boolean> looked = new HashMap<>();

  ReplacedStatesPlace(KafkaSettings kafka, String userId) {
    this.names = ModelStatesPlace.names(userId);
    this.artifacts = new StoredArtifacts(kafka);
    this.models = new PublishedModels(kafka);
    this.inventory = new ArtifactInventory(kafka);
  }

  @Override
  public Finding look() {
    inventory.refresh();
    List<Held> unnamed = inventory.unnamed(models.refreshAll().values());
    long holding = unnamed.stream().filter(this::holds).count();
    return finding(unnamed.size(), holding);
  }

  /** What cannot be read cannot be certified. */
  private boolean holds(Held held) {
    return held.whole()
        .map(artifact -> looked.computeIfAbsent(held.sha256(), any -> namesUser(artifact)))
        .orElse(true);
  }

  private boolean namesUser(Artifact artifact) {
    return artifacts
        .read(List.of(artifact))
        .get(artifact.getSha256())
        .bytes()
        .map(bytes -> ModelStatesPlace.namesUser(bytes, names))
        .orElse(false);
  }

  static Finding finding(int unnamed, long holding) {
    return holding == 0
        ? Finding.clean(
            NAME, Finding.Kind.STATE, "none of %d artifacts names the user".formatted(unnamed))
        : Finding.holds(
            NAME,
            Finding.Kind.STATE,
            "%d of %d artifacts that no manifest names have events of the user or cannot be read: a trainer deletes what it replaced, 'attune models clean' what one left that died"
                .formatted(holding, unnamed),
            null);
  }

  @Override
  public void close() {
    inventory.close();
    models.close();
  }
}
