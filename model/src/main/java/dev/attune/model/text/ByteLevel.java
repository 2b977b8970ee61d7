package dev.attune.model.text;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * The byte-level view of text of GPT-2 (Radford et al. 2019), as the {@code ByteLevel}
 * pre-tokenizer of Hugging Face's tokenizers has it: text is cut into words by a pattern, and each
 * byte of a word's UTF-8 is written as one printable character.
 */
final class ByteLevel {
  /** The words: contractions, letters, numbers, other signs (each with one space before), space. */
  static final Pattern WORDS =
      Pattern.compile(
          "'(?:s|t|re|ve|m|ll|d)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private static final char[] CHARACTERS = characters();

  private ByteLevel() {}

  /** The character that stands for a byte. */
  static char character(int unsignedByte) {
    return CHARACTERS[unsignedByte];
  }

  /** The bytes of a word; a lone surrogate becomes '?', as it has no UTF-8. */
  static byte[] bytes(String word) {
    return word.getBytes(StandardCharsets.UTF_8);
  }

  private static char[] characters() {
    char[] characters = new char[256];
    char next = 256;
    for (int b = 0; b < characters.length; b++) {
      boolean printable =
          (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || (b >= 0xae && b <= 0xff);
      characters[b] = printable ? (char) b : next++;
    }
    return characters;
  }
}
