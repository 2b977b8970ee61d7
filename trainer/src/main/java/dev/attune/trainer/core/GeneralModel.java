package dev.attune.trainer.core;

import dev.attune.schemas.events.ModelVersion;

/**
 * A committed version of the general reward model, from which a new domain's model starts.
 *
 * @param version its manifest
 * @param weights what the manifest's weights artifact holds
 * @param state what its state artifact holds; a customized model takes general examples from it
 */
public record GeneralModel(ModelVersion version, byte[] weights, byte[] state) {}
