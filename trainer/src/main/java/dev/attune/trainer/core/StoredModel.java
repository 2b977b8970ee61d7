package dev.attune.trainer.core;

import dev.attune.schemas.events.ModelVersion;
import java.util.Optional;

/**
 * A committed model as it is stored.
 *
 * @param manifest its newest manifest
 * @param weights what the manifest's weights artifact holds
 * @param state what its state artifact holds
 * @param published the manifest's version as of its publication; empty where nothing was published
 *     yet
 * @param highestVersion the highest version that was ever published
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of bytes that is never compared
public record StoredModel(
    ModelVersion manifest,
    byte[] weights,
    byte[] state,
    Optional<Published> published,
    long highestVersion) {

  /** A published version as of its publication. */
  public static StoredModel published(ModelVersion manifest, byte[] weights, byte[] state) {
    return new StoredModel(
        manifest,
        weights,
        state,
        Optional.of(new Published(manifest, state)),
        manifest.getVersion());
  }

  /**
   * A version as of its publication.
   *
   * @param manifest its manifest
   * @param state what the manifest's state artifact holds
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier of bytes that is never compared
  public record Published(ModelVersion manifest, byte[] state) {}
}
