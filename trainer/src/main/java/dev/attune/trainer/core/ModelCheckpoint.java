package dev.attune.trainer.core;

import dev.attune.model.reward.LearnerCounts;
import dev.attune.schemas.events.ModelVersion;
import java.util.Map;
import java.util.Optional;

/**
 * A model at one position, ready to be stored.
 *
 * @param name the model's name
 * @param previous its newest committed version
 * @param parent sha-256 of the weights that this version was trained from
 * @param weights what a scorer loads
 * @param state what the trainer goes on from
 * @param counts learned so far
 * @param metrics measured so far
 */
public record ModelCheckpoint(
    String name,
    Optional<ModelVersion> previous,
    Optional<String> parent,
    byte[] weights,
    byte[] state,
    LearnerCounts counts,
    Map<String, Double> metrics) {}
