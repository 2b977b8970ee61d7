package dev.attune.scorer.core;

import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;

/**
 * An event that a user's state has learned from.
 *
 * @param position its place in attune.preferences
 * @param feedback what it taught
 */
public record PastEvent(Position position, String domain, Feedback feedback) {}
