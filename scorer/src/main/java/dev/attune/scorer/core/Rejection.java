package dev.attune.scorer.core;

import dev.attune.schemas.events.ScoreErrorCode;

/**
 * Why a request is not scored.
 *
 * @param code what the answer carries
 * @param message for a person; never user text
 */
public record Rejection(ScoreErrorCode code, String message) {}
