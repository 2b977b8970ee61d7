package dev.attune.ingest.event;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Replaces e-mail addresses by {@code [e-mail]} and telephone numbers by {@code [phone]}.
 * Thread-safe.
 *
 * <p>It prefers to miss a number to spoiling a text: a telephone number must look like one. These
 * do:
 *
 * <ul>
 *   <li>international: a plus sign and 9 to 15 digits (E.164), with up to two of space, dot,
 *       hyphen, slash and parentheses between two digits: {@code +49 (0)30 1234567}
 *   <li>North American (NANP): {@code 202-555-0143}, {@code (202) 555-0143}, {@code 1 202 555 0143}
 *   <li>national with a leading 0: an area code of 3 to 6 digits (or one in parentheses) and the
 *       number, 9 to 13 digits of which four or more stand together: {@code 020 7946 0958}; 0, one
 *       digit and eight more: {@code 06-12345678}; five pairs: {@code 06 12 34 56 78}
 * </ul>
 *
 * Digits alone ({@code 2025550143}) are left: so are order numbers and times.
 *
 * <p>The time is linear in the text's length: from each place no pattern looks farther than a
 * bounded number of characters, and no repetition can match the same characters in two ways.
 */
public final class ContactRedactor implements TextRedactor {
  private static final String PHONE = "[phone]";
  private static final String LOCAL = "[\\p{L}\\p{N}._%+-]";
  private static final String NOT_BEFORE = "(?<![\\p{L}\\p{N}_.,/#$€£¥+-])";
  private static final String NOT_AFTER = "(?![\\p{L}\\p{N}_]|[.,:/-][0-9]|[ \\u00a0]?[$€£¥%])";

  // git@host is a repository's address and no person's.
  private static final Pattern E_MAIL =
      Pattern.compile(
          "(?<!"
              + LOCAL
              + ")(?!git@)"
              + LOCAL
              + "{1,64}+@(?:[\\p{L}\\p{N}-]{1,63}+\\.){1,8}\\p{L}{2,24}(?![\\p{L}\\p{N}_])");

  private static final Pattern INTERNATIONAL =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}_.+$€£¥])\\+[1-9](?:[ \\u00a0./()-]{0,2}[0-9]){8,14}" + NOT_AFTER);

  private static final Pattern NORTH_AMERICAN =
      Pattern.compile(
          NOT_BEFORE
              + "(?:1[ .-])?"
              + "(?:\\([2-9][0-9]{2}\\) ?[2-9][0-9]{2}[ .-]|[2-9][0-9]{2}([ .-])[2-9][0-9]{2}\\1)"
              + "[0-9]{4}"
              + NOT_AFTER);

  private static final Pattern NATIONAL =
      Pattern.compile(
          NOT_BEFORE
              + "(?:"
              // Four digits or more together: lists of small numbers have not.
              + "(?=[0-9() /-]{0,12}[0-9]{4})(?:0[1-9][0-9]{1,4}|\\(0[1-9][0-9]{0,4}\\))(?: ?[/-] ?| )[0-9]{3,8}"
              + "(?:[ -][0-9]{3,5}){0,2}"
              + "|0[1-9][ -][0-9]{8}"
              + "|0[1-9]([ .-])[0-9]{2}\\1[0-9]{2}\\1[0-9]{2}\\1[0-9]{2}"
              + ")"
              + NOT_AFTER);

  private static final int LEAST_NATIONAL_DIGITS = 9;
  private static final int MOST_NATIONAL_DIGITS = 13;

  @Override
  public String redact(Field field, String text) {
    String rest = E_MAIL.matcher(text).replaceAll("[e-mail]");
    rest = INTERNATIONAL.matcher(rest).replaceAll(PHONE);
    rest = NORTH_AMERICAN.matcher(rest).replaceAll(PHONE);
    return NATIONAL
        .matcher(rest)
        .replaceAll(match -> isNational(match.group()) ? PHONE : match.group());
  }

  /** For the test that counts what they read. */
  static List<Pattern> patterns() {
    return List.of(E_MAIL, INTERNATIONAL, NORTH_AMERICAN, NATIONAL);
  }

  private static boolean isNational(String number) {
    long digits = number.chars().filter(Character::isDigit).count();
    return digits >= LEAST_NATIONAL_DIGITS && digits <= MOST_NATIONAL_DIGITS;
  }
}
