package dev.attune.trainer.core;

import dev.attune.model.reward.LearnerCounts;
import dev.attune.schemas.events.GateVerdict;
import dev.attune.schemas.events.ModelVersion;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model at one position, ready to be stored.
 *
 * @param name the model's name
 * @param previous its newest committed manifest
 * @param version what is served: 0 is nothing yet
 * @param published true where the version is new
 * @param rolledBack true where an operator's rollback was carried out
 * @param parent sha-256 of the weights that this version was trained from
 * @param weights what a scorer loads
 * @param state what the trainer goes on from
 * @param counts learned so far
 * @param metrics measured so far
 * @param verdict the gate's last word
 * @param measurements for attune.evaluations
 * @param alarms those that can be raised of the model, and whether they are
 * @param calibrations of the model's domains, those that are to be published
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of bytes that is never compared
public record ModelCheckpoint(
    String name,
    Optional<ModelVersion> previous,
    long version,
    boolean published,
    boolean rolledBack,
    Optional<String> parent,
    byte[] weights,
    byte[] state,
    LearnerCounts counts,
    Map<String, Double> metrics,
    Optional<GateVerdict> verdict,
    List<Measurement> measurements,
    Map<String, Boolean> alarms,
    List<CalibrationCheckpoint> calibrations) {}
