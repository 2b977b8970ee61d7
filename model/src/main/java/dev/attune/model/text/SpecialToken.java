package dev.attune.model.text;

import java.util.Locale;

/** The special tokens of a tokenizer that Attune trains; the ordinal is the token's id. */
enum SpecialToken {
  BOS,
  EOS,
  PAD,
  SYSTEM,
  USER,
  ASSISTANT,
  END;

  /** The token as written in {@code tokenizer.json}, for example {@code <|bos|>}. */
  String content() {
    return "<|" + name().toLowerCase(Locale.ROOT) + "|>";
  }

  int id() {
    return ordinal();
  }
}
