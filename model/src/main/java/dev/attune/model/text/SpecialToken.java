package dev.attune.model.text;

import java.util.Locale;

/** The special tokens of a tokenizer that Attune trains, with their fixed ids. */
enum SpecialToken {
  BOS(0),
  EOS(1),
  PAD(2),
  SYSTEM(3),
  USER(4),
  ASSISTANT(5),
  END(6);

  private final int id;

  SpecialToken(int id) {
    this.id = id;
  }

  /** The token as written in {@code tokenizer.json}, for example {@code <|bos|>}. */
  String content() {
    return "<|" + name().toLowerCase(Locale.ROOT) + "|>";
  }

  int id() {
    return id;
  }
}
