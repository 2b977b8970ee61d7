package dev.attune.trainer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.VersionHistory;
import java.time.Duration;
import java.util.Optional;

/** What is known of the reward models before any of them is trained. */
public final class PublishedModels {
  private PublishedModels() {}

  /** The precision of the reward models that are published; empty where there are none. */
  public static Optional<String> precision(TrainerClients clients) {
    try (Brokers brokers = new Brokers(clients.admin());
        ManifestLog log =
            new ManifestLog(
                clients.committed(Topics.MODELS), brokers, new VersionHistory(1, Duration.ZERO))) {
      log.refresh();
      return log.rewards().stream().map(ModelVersion::getPrecision).findFirst();
    }
  }
}
