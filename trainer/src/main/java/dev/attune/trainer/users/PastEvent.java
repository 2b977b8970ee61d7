package dev.attune.trainer.users;

import dev.attune.schemas.events.Feedback;
import org.jspecify.annotations.Nullable;

/**
 * An event as a bucket holds it.
 *
 * @param userText what the user says of themself; null is nothing
 */
public record PastEvent(Feedback feedback, @Nullable String userText) {}
