package dev.attune.trainer.kafka;

import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.Manifests;
import dev.attune.trainer.core.Provenance;
import dev.attune.trainer.core.TrainerException;
import dev.attune.trainer.core.VersionHistory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what operators ask for in attune.models: pins and rollbacks. A rollback that cannot
 * be carried out is left alone and said once: it must not stop the other models. Confined to one
 * thread.
 */
final class OperatorRequests {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorRequests.class);

  private final ManifestLog manifests;
  private final ArtifactStore artifacts;
  private final Provenance provenance;
  private final LearningThread learning;
  private final Map<String, ModelVersion> refused = new HashMap<>();

  OperatorRequests(
      ManifestLog manifests,
      ArtifactStore artifacts,
      Provenance provenance,
      LearningThread learning) {
    this.manifests = manifests;
    this.artifacts = artifacts;
    this.provenance = provenance;
    this.learning = learning;
  }

  /** Reads the log and does what it asks for; true where a model went back. */
  boolean carryOut(OwnedPartition partition) {
    manifests.refresh();
    VersionHistory history = manifests.history();
    Set<String> names = Set.copyOf(partition.trainer().names());
    Set<String> pinned =
        names.stream().filter(name -> history.pin(name).isPresent()).collect(Collectors.toSet());
    learning.run(() -> partition.trainer().hold(pinned));
    boolean wentBack = false;
    for (String name : names) {
      Optional<ModelVersion> rollback = history.rollback(name);
      if (rollback.isPresent() && !rollback.get().equals(refused.get(name))) {
        wentBack |= rollBack(partition, rollback.get());
      }
    }
    return wentBack;
  }

  private boolean rollBack(OwnedPartition partition, ModelVersion to) {
    try {
      Manifests.requireFit(to, provenance);
      Map<String, byte[]> bytes = artifacts.get(List.of(to.getWeights(), to.getState()));
      learning.run(
          () ->
              partition
                  .trainer()
                  .rollBack(
                      to,
                      bytes.get(to.getWeights().getSha256()),
                      bytes.get(to.getState().getSha256())));
      LOG.atWarn()
          .addKeyValue("model", to.getName())
          .addKeyValue("version", to.getVersion())
          .log("model rolled back");
      return true;
    } catch (TrainerException e) {
      refused.put(to.getName(), to);
      LOG.atError()
          .addKeyValue("model", to.getName())
          .addKeyValue("version", to.getVersion())
          .setCause(e)
          .log("a rollback cannot be carried out: delete its key");
      return false;
    }
  }
}
