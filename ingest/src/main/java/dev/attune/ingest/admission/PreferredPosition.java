package dev.attune.ingest.admission;

import dev.attune.ingest.event.UserEvent;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import java.util.BitSet;
import java.util.OptionalInt;

/** Where the best of the candidates stood that an event's user could choose among. */
final class PreferredPosition {
  private PreferredPosition() {}

  /**
   * Empty where the event says nothing of a habit: fewer than two shown, not chosen side by side (a
   * kept regeneration is always the later one), several that are equally good, or the best is the
   * user's own text.
   */
  static OptionalInt of(UserEvent event, Feedback feedback) {
    if (!event.sideBySide() || feedback.getShown() < 2) {
      return OptionalInt.empty();
    }
    BitSet best = new BitSet();
    BitSet beaten = new BitSet();
    for (Comparison comparison : feedback.getComparisons()) {
      best.set(comparison.getPreferred());
      (comparison.getTie() ? best : beaten).set(comparison.getOther());
    }
    best.andNot(beaten);
    if (best.cardinality() != 1) {
      return OptionalInt.empty();
    }
    int position = feedback.getReplies().get(best.nextSetBit(0)).getPosition();
    return position < 0 ? OptionalInt.empty() : OptionalInt.of(position);
  }
}
