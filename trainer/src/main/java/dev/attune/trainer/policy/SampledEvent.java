package dev.attune.trainer.policy;

import dev.attune.model.policy.UserEvent;

/**
 * An event with its place.
 *
 * @param partition of attune.preferences that it came from
 * @param offset its offset there
 * @param occurredAt when, in milliseconds since 1970
 * @param event what it teaches
 */
public record SampledEvent(int partition, long offset, long occurredAt, UserEvent event) {}
