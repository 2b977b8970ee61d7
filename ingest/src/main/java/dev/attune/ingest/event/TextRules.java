package dev.attune.ingest.event;

/** What ids and texts may be made of. Throws {@link RejectedEventException}. */
final class TextRules {
  /** What a decoder puts where the bytes are not UTF-8. */
  private static final char REPLACEMENT = '\ufffd';

  private TextRules() {}

  /** A text that a person or a model wrote: any Unicode but NUL. */
  static void text(String field, String text, int maxLength) {
    if (text.length() > maxLength) {
      throw new RejectedEventException(
          RejectionReason.TEXT_TOO_LONG,
          field + " has " + text.length() + " characters, at most " + maxLength);
    }
    if (!wellFormed(text)) {
      throw new RejectedEventException(
          RejectionReason.INVALID_UNICODE, field + " has a NUL or half of a surrogate pair");
    }
  }

  /**
   * An id that is not empty. Two ids that look alike must not be two users or two events by an
   * oversight: nothing invisible, no blanks around, and nothing that was not UTF-8. Beyond that
   * nothing is normalised: ids are equal where their characters are.
   */
  static void id(String field, String id, int maxLength) {
    if (id.length() > maxLength) {
      throw new RejectedEventException(
          RejectionReason.ID_TOO_LONG,
          field + " has " + id.length() + " characters, at most " + maxLength);
    }
    if (!wellFormed(id) || id.indexOf(REPLACEMENT) >= 0) {
      throw new RejectedEventException(
          RejectionReason.INVALID_UNICODE,
          field + " has a NUL, half of a surrogate pair or bytes that are not UTF-8");
    }
    if (anyInvisible(id) || blankAround(id)) {
      throw new RejectedEventException(
          RejectionReason.INVALID_ID,
          field + " has control or formatting characters, or blanks at an end");
    }
  }

  /** Whether nothing of it can be seen; more than {@link String#isBlank} takes for a space. */
  static boolean blank(String text) {
    int i = 0;
    while (i < text.length() && space(text.codePointAt(i))) {
      i += Character.charCount(text.codePointAt(i));
    }
    return i == text.length();
  }

  static void require(boolean holds, RejectionReason reason, String message) {
    if (!holds) {
      throw new RejectedEventException(reason, message);
    }
  }

  private static boolean blankAround(String id) {
    return !id.isEmpty() && (space(id.codePointAt(0)) || space(id.codePointBefore(id.length())));
  }

  private static boolean space(int codePoint) {
    return Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint);
  }

  private static boolean anyInvisible(String id) {
    int codePoint;
    for (int i = 0; i < id.length(); i += Character.charCount(codePoint)) {
      codePoint = id.codePointAt(i);
      if (invisible(codePoint)) {
        return true;
      }
    }
    return false;
  }

  /** Control characters, direction marks, joiners, separators of lines and paragraphs. */
  private static boolean invisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  private static boolean wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (unit == 0 || Character.isLowSurrogate(unit)) {
        return false;
      }
      if (Character.isHighSurrogate(unit)) {
        i++;
        if (i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
          return false;
        }
      }
    }
    return true;
  }
}
