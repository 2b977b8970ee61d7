package dev.attune.ingest.event;

import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.Ranking;
import dev.attune.schemas.events.Ratings;
import dev.attune.schemas.events.Regeneration;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import java.util.List;
import java.util.Locale;

/** The signals that an event can carry. */
public enum SignalKind {
  CHOICE(Choice.class, true),
  RANKING(Ranking.class, true),
  RATINGS(Ratings.class, true),
  THUMB(Thumb.class, false),
  EDIT(Edit.class, true),
  REGENERATION(Regeneration.class, true),
  TIE(Tie.class, false);

  private static final List<SignalKind> ALL = List.of(values());

  private final Class<?> type;
  private final boolean prefers;

  SignalKind(Class<?> type, boolean prefers) {
    this.type = type;
    this.prefers = prefers;
  }

  /** The kind of an event's signal. */
  static SignalKind of(Object signal) {
    for (SignalKind kind : ALL) {
      if (kind.type.isInstance(signal)) {
        return kind;
      }
    }
    throw new IllegalStateException("no rule for " + signal.getClass().getSimpleName());
  }

  /** Whether it says that one reply is better than another, so that a margin means something. */
  public boolean prefers() {
    return prefers;
  }

  /** Its name in settings. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
