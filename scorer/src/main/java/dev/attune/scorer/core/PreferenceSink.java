package dev.attune.scorer.core;

import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import java.util.concurrent.CompletableFuture;

/** Takes preference events that come by another way than their topic. Thread-safe. */
public interface PreferenceSink {
  /**
   * Hands an event over to {@code attune.preferences}. Returns at once.
   *
   * @return completes with the event's position when the cluster has it; exceptionally with an
   *     {@link EventTooLargeException}, or with a {@link QueueFullException} where the cluster did
   *     not acknowledge it: it may be there all the same, so it is to be sent again under its id.
   *     An event that still waits here when the caller completes the future is not sent
   * @throws QueueFullException where too many events wait already
   */
  CompletableFuture<Position> send(PreferenceEvent event);
}
