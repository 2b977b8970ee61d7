package dev.attune.cli.users;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a place holds of an erased user.
 *
 * @param place the topic, store or service
 * @param kind what such a place has
 * @param verdict what was found
 * @param detail for a person; never a user's id or text
 * @param until when the last of it is gone at the latest; null where nothing is held or nobody
 *     knows
 */
record Finding(String place, Kind kind, Verdict verdict, String detail, @Nullable Instant until) {
  /** What a place has of its users. */
  enum Kind {
    /** What was sent and answered, record by record: it leaves with its topic's retention. */
    LOG,
    /** What was derived of a user: it has to leave at once. */
    STATE
  }

  /** What was found. */
  enum Verdict {
    CLEAN,
    HOLDS,
    NOT_CHECKED
  }

  static Finding clean(String place, Kind kind, String detail) {
    return new Finding(place, kind, Verdict.CLEAN, detail, null);
  }

  static Finding holds(String place, Kind kind, String detail, @Nullable Instant until) {
    return new Finding(place, kind, Verdict.HOLDS, detail, until);
  }

  static Finding notChecked(String place, String detail) {
    return new Finding(place, Kind.STATE, Verdict.NOT_CHECKED, detail, null);
  }

  /** Whether the user's erasure can be certified as far as this place goes. */
  boolean erased() {
    return kind == Kind.LOG || verdict == Verdict.CLEAN;
  }

  /** As one line of a table. */
  String row() {
    return "%-40s %-6s %-12s %-21s %s"
        .formatted(place, word(kind), word(verdict), until == null ? "-" : until, detail);
  }

  /** The heading of {@link #row}. */
  static String heading() {
    return "%-40s %-6s %-12s %-21s %s".formatted("place", "kind", "verdict", "until", "");
  }

  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("place", place);
    json.put("kind", word(kind));
    json.put("verdict", word(verdict));
    json.put("until", until == null ? null : until.toString());
    json.put("detail", detail);
    return json;
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
