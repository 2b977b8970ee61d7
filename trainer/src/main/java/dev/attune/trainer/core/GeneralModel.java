package dev.attune.trainer.core;

import dev.attune.schemas.events.ModelVersion;

/**
 * A committed version of the general reward model, from which a new domain's model starts.
 *
 * @param version its manifest
 * @param weights what the manifest's weights artifact holds
 * @param state what its learner had come to; a customized model takes general examples from it
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of bytes that is never compared
public record GeneralModel(ModelVersion version, byte[] weights, TrainingState state) {}
