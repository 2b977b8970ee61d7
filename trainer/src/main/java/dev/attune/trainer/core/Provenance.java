package dev.attune.trainer.core;

import dev.attune.model.lm.BaseModel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;

/**
 * Where models come from.
 *
 * @param base sha-256 of the base model, in hexadecimal
 * @param precision of the computation: fp32 or bf16
 * @param codeVersion the version of this program
 * @param configHash sha-256 of the effective learning configuration, in hexadecimal
 */
public record Provenance(String base, String precision, String codeVersion, String configHash) {
  public Provenance {
    Objects.requireNonNull(base, "base");
    Objects.requireNonNull(precision, "precision");
    Objects.requireNonNull(codeVersion, "codeVersion");
    Objects.requireNonNull(configHash, "configHash");
  }

  /**
   * Where models on a base come from.
   *
   * @param configuration the effective learning configuration as text
   */
  public static Provenance of(BaseModel base, String codeVersion, String configuration) {
    return new Provenance(
        base.sha256(),
        base.precision().name().toLowerCase(Locale.ROOT),
        codeVersion,
        Chunks.sha256(configuration.getBytes(StandardCharsets.UTF_8)));
  }
}
