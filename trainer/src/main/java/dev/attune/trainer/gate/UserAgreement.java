package dev.attune.trainer.gate;

import dev.attune.model.reward.UserKey;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Says whether losses have risen for many users, as when tastes change, or only for a few or for
 * newcomers. Of the 64 users whose events are the latest, those count who have had 6 events or
 * more; they agree when at least 5 of them, and two thirds, lose 0.2 nats more than they did: the
 * mean of a user's losses that fades by 0.7 an event is compared with that of the user's last 20 or
 * so. Other users are forgotten.
 */
public final class UserAgreement {
  private static final int MAGIC = 0x41545531; // "ATU1"
  private static final int REMEMBERED = 64;
  private static final int ESTABLISHED = 6;
  private static final int FEWEST = 5;
  private static final double SHARE = 2.0 / 3;
  private static final double WORSE = 0.2;
  private static final double MOST_LOSS = 3;
  private static final int LONG = 20;
  private static final double FADE = 0.7;

  /** By the order of their latest events. */
  private final Map<Long, Losses> users = new LinkedHashMap<>();

  private record Losses(long events, double before, double now) {
    Losses with(double loss) {
      double x = Math.min(loss, MOST_LOSS);
      return new Losses(
          events + 1,
          before + (x - before) / Math.min(events + 1, LONG),
          events == 0 ? x : FADE * now + (1 - FADE) * x);
    }
  }

  /**
   * Takes the next event's loss.
   *
   * @param user a {@link UserKey}; nobody in particular does not count
   * @param loss in nats, of a prediction that was made before the event was learned from
   */
  public void observe(long user, double loss) {
    if (user == UserKey.NONE) {
      return;
    }
    Losses before = users.remove(user);
    users.put(user, (before == null ? new Losses(0, 0, 0) : before).with(loss));
    if (users.size() > REMEMBERED) {
      users.remove(users.keySet().iterator().next());
    }
  }

  /** Returns whether many established users lose more than they did. */
  public boolean agreed() {
    long established = 0;
    long worse = 0;
    for (Losses losses : users.values()) {
      if (losses.events >= ESTABLISHED) {
        established++;
        worse += losses.now > losses.before + WORSE ? 1 : 0;
      }
    }
    return worse >= FEWEST && worse >= SHARE * established;
  }

  /** Forgets a user; returns whether there was anything of the user. */
  public boolean forget(long user) {
    return users.remove(user) != null;
  }

  /** Returns the state; {@link #restore} goes on from it bit for bit. */
  public byte[] toBytes() {
    return StateWriter.write(
        MAGIC,
        out -> {
          out.writeInt(users.size());
          for (Map.Entry<Long, Losses> entry : users.entrySet()) {
            out.writeLong(entry.getKey());
            out.writeLong(entry.getValue().events);
            out.writeDouble(entry.getValue().before);
            out.writeDouble(entry.getValue().now);
          }
        });
  }

  /**
   * Goes on from a state.
   *
   * @throws IllegalArgumentException if the bytes are no such state
   */
  public static UserAgreement restore(byte[] state) {
    return StateReader.read(
        "users' agreement",
        MAGIC,
        state,
        in -> {
          UserAgreement agreement = new UserAgreement();
          for (int i = in.readInt(); i > 0; i--) {
            agreement.users.put(
                in.readLong(), new Losses(in.readLong(), in.readDouble(), in.readDouble()));
          }
          return agreement;
        });
  }
}
