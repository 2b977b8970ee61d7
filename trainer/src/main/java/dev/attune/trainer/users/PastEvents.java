package dev.attune.trainer.users;

import dev.attune.schemas.events.EventReference;
import java.util.Collection;
import java.util.Map;

/** Reads events again that a state refers to. One thread at a time. */
public interface PastEvents {

  /**
   * @param references of one partition
   * @return the events by their offsets in attune.preferences; those that the topic does not hold
   *     any more are missing
   */
  Map<Long, PastEvent> find(Collection<EventReference> references);
}
