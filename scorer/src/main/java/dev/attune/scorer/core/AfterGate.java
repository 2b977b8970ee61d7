package dev.attune.scorer.core;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds a request back until its user's state includes the feedback position that the request names
 * ({@code after}), its deadline is near, or it has waited for long enough. It is asked about the
 * same requests again and again. One thread.
 */
public final class AfterGate {
  /** What is left before the deadline to answer in, at least. */
  private static final Duration MARGIN = Duration.ofMillis(50);

  /** The same, as a share of the time that the caller has given. */
  private static final int MARGIN_SHARE = 10;

  private final UserStates users;
  private final LongSupplier epoch;
  private final Duration longest;
  private final InstantSource clock;
  private final Listener listener;

  private final Map<Place, Held> held = new HashMap<>();

  /**
   * @param epoch of the policy that is served; 0 for none
   * @param longest that a request is held back
   */
  public AfterGate(
      UserStates users,
      LongSupplier epoch,
      Duration longest,
      InstantSource clock,
      Listener listener) {
    this.users = users;
    this.epoch = epoch;
    this.longest = longest;
    this.clock = clock;
    this.listener = listener;
  }

  /** Is told when a request that was held back goes on. */
  public interface Listener {
    /**
     * @param waited since it was first held back
     * @param included whether the position was included in the end
     */
    void released(Duration waited, boolean included);
  }

  /** Whether a request may be answered now; once it may, it always may. */
  boolean open(Prompt prompt) {
    if (!prompt.namesFeedback()) {
      return true;
    }
    Place place = Place.of(prompt);
    Held waiting = held.get(place);
    if (waiting != null && waiting.released) {
      return true;
    }
    boolean included = included(prompt.request().getUserId(), prompt.request().getAfter());
    if (waiting == null && included) {
      return true;
    }
    Instant now = clock.instant();
    Instant since = waiting == null ? now : waiting.since;
    boolean open = included || !now.isBefore(end(since, prompt));
    held.put(place, new Held(since, open));
    if (open) {
      listener.released(Duration.between(since, now), included);
    }
    return open;
  }

  /** The request has gone on, or somebody else answers it. */
  void forget(Prompt prompt) {
    held.remove(Place.of(prompt));
  }

  /** Somebody else answers what is left of a partition. */
  void forget(int partition) {
    held.keySet().removeIf(place -> place.partition == partition);
  }

  private Instant end(Instant since, Prompt prompt) {
    Instant longEnough = since.plus(longest);
    Instant deadline = prompt.deadline();
    if (deadline.equals(Instant.MAX)) {
      return longEnough;
    }
    Duration share = Duration.between(prompt.appendedAt(), deadline).dividedBy(MARGIN_SHARE);
    Instant close = deadline.minus(share.compareTo(MARGIN) > 0 ? share : MARGIN);
    return close.isBefore(longEnough) ? close : longEnough;
  }

  private boolean included(String userId, Position after) {
    KnownUser user = users.find(userId, epoch.getAsLong());
    return user != null && includes(user.included(), after);
  }

  private static boolean includes(@Nullable Position included, Position after) {
    return included != null
        && included.getTopic().equals(Topics.PREFERENCES.name())
        && included.getPartition() == after.getPartition()
        && included.getOffset() >= after.getOffset();
  }

  /** A request that was found waiting. */
  private record Held(Instant since, boolean released) {}

  private record Place(int partition, long offset) {
    static Place of(Prompt prompt) {
      return new Place(prompt.partition(), prompt.offset());
    }
  }
}
