package dev.attune.cli.imports;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.BiFunction;

/** The data formats that can be imported. */
public enum ImportFormat {
  /** Domain-Specific Preferences (JSON, or its folder). */
  dsp(EventSource::dsp),
  /** Raw chosen/rejected JSONL of Anthropic's HH. */
  hh(EventSource::hh),
  /** Text and score JSON (or a folder of such files). */
  pairs(EventSource::pairs),
  /** The UKPConvArg1 folder. */
  ukp(EventSource::ukp),
  /** A folder of Polis votes and statements. */
  polis(EventSource::polis),
  /** One PreferenceEvent a line. */
  jsonl(EventSource::jsonl);

  @SuppressWarnings("ImmutableEnumChecker") // a method reference
  private final BiFunction<EventSource, Path, Iterator<ImportItem>> reader;

  ImportFormat(BiFunction<EventSource, Path, Iterator<ImportItem>> reader) {
    this.reader = reader;
  }

  /** The items of a path, read as they are taken. */
  public Iterator<ImportItem> read(EventSource source, Path path) {
    return reader.apply(source, path);
  }
}
