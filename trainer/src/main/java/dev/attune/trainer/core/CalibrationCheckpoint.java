package dev.attune.trainer.core;

import dev.attune.model.head.Calibration;

/**
 * A domain's calibration that is to be published.
 *
 * @param domain what it is the calibration of
 * @param model the reward model that learns from the domain
 * @param calibration the weights of a reward's parts
 */
public record CalibrationCheckpoint(String domain, String model, Calibration calibration) {}
