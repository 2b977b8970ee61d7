package dev.attune.ingest.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.event.TextRedactor.Field;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContactRedactorTest {
  private static final int LENGTH = 32_768;

  /** More than any pattern reads from one place. */
  private static final int READS_PER_CHARACTER = 400;

  private static final long MOST_READS = (long) READS_PER_CHARACTER * LENGTH;

  private final TextRedactor redactor = new ContactRedactor();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Write to ann@example.com.|Write to [e-mail].",
        "<ann.lee+x@mail.example.co.uk>|<[e-mail]>",
        "mailto:ann_lee@example.org?subject=x|mailto:[e-mail]?subject=x",
        "jörg@bücher.example, li@例子.公司|[e-mail], [e-mail]",
        "a@b.de,c@d.de;e@f.de|[e-mail],[e-mail];[e-mail]",
        "Call +49 (0)30 1234567 today|Call [phone] today",
        "+1-202-555-0143 or +14155550100|[phone] or [phone]",
        "tel:+44.20.7946.0958|tel:[phone]",
        "+33 6 12 34 56 78, +33 6 12 34 56 79|[phone], [phone]",
        "(202) 555-0143|[phone]",
        "202-555-0143 / 202.555.0144|[phone] / [phone]",
        "Phone:1 202 555 0143|Phone:[phone]",
        "202-555-0143 202-555-0144|[phone] [phone]",
        "020 7946 0958|[phone]",
        "(030) 123456-78|(030) 123456-78",
        "(030) 123456|[phone]",
        "030/1234567 und 0221-123456|[phone] und [phone]",
        "0412 345 678|[phone]",
        "06-12345678|[phone]",
        "06 12 34 56 78 et 06.12.34.56.78|[phone] et [phone]",
        "(02) 9876 5432|[phone]"
      })
  void shouldReplaceAddressesAndNumbers(String text, String expected) {
    // When
    String redacted = redactor.redact(Field.PROMPT, text);

    // Then
    assertThat(redacted).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2026-03-01 12:30:00, 01.02.2026, 01/02/2026 10:30, 1-2-26",
        "2026-03-01T12:30:00+01:00 and 20260301T123000Z",
        "01-02-2026 03-04-2026, 1990-2000",
        "$1,299.00, 1 299 000 €, 1.299.000,00 EUR, +12 500 000 €, £020 7946 0958",
        "+1 250 000 000 $ and up 15%",
        "v1.2.3, 10.15.7.1234, 2.0.0-rc.1, jdk-17.0.15+6",
        "192.168.100.200:8080, 10.0.0.1/24, 2001:db8::1",
        "550e8400-e29b-41d4-a716-446655440000",
        "ISBN 978-3-16-148410-0, 4111 1111 1111 1111",
        "DIGITS = \"0123456789\"; x = 0x1234567890; id 2025550143, 1700000000000",
        "@Override @app.route('/') a@b user@localhost lodash@4.17.21 react@next",
        "git clone git@github.com:org/repo.git",
        "y = a + 1234567890; b=[010 020 030 040]; f(202)",
        "/orders/202-555-0143/items, order_202-555-0143, #202-555-0143",
        "200-555-0143-99 and 555-1234",
        "Σ 1 2 3 4 5 6 7 8 9 10 11 12"
      })
  void shouldLeaveDatesPricesVersionsAndCode(String text) {
    // When
    String redacted = redactor.redact(Field.PROMPT, text);

    // Then
    assertThat(redacted).isEqualTo(text);
  }

  static Stream<String> adversarialTexts() {
    return Stream.of(
            "a",
            "@",
            "a@",
            "a.",
            "a@a.",
            "a@a.a",
            ".",
            "a-",
            "@a.",
            "+",
            "+1",
            "+1 ",
            "+1()",
            "1",
            "0",
            "01",
            "01 ",
            "0123 ",
            "(01",
            "(0123) ",
            "01/",
            "202-",
            "202-555-",
            "202 555 ",
            "1 202 ",
            "012 3456 ",
            "012-34567 ",
            "+123456789",
            "+1-2-3-4-5-6-7-8-9",
            "06 12 ",
            "%")
        .map(part -> part.repeat(LENGTH / part.length() + 1).substring(0, LENGTH));
  }

  @ParameterizedTest
  @MethodSource("adversarialTexts")
  void shouldReadEachCharacterABoundedNumberOfTimes(String text) {
    // Given
    CountedText counted = new CountedText(text);

    // When
    for (Pattern pattern : ContactRedactor.patterns()) {
      Matcher matcher = pattern.matcher(counted);
      while (matcher.find()) {
        assertThat(matcher.end()).isGreaterThan(matcher.start());
      }
    }

    // Then
    assertThat(counted.reads).isBetween(1L, MOST_READS);
  }

  /** Counts what a regular expression reads of it. */
  private static final class CountedText implements CharSequence {
    private final String text;
    private long reads;

    CountedText(String text) {
      this.text = text;
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      reads++;
      if (reads > MOST_READS) {
        throw new AssertionError("more than " + READS_PER_CHARACTER + " reads a character");
      }
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }
  }
}
