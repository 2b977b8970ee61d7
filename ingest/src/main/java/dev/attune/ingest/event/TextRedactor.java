package dev.attune.ingest.event;

/**
 * Takes out of users' and models' texts what must not be kept, before ingest keeps anything of
 * them: the buckets, and so the models, have what it returns. Named by {@code
 * ingest.redactor.class}, of which ingest makes one instance by its public constructor without
 * parameters at the start. {@link ContactRedactor} is one.
 *
 * <p>An implementation must be
 *
 * <ul>
 *   <li><i>pure</i>: no I/O, no state that a text leaves behind. It runs on the thread that reads
 *       Kafka, for every text of every event;
 *   <li><i>deterministic</i>: after a failure an event is read again and must give the same, and a
 *       reply must read the same each time it is shown;
 *   <li><i>thread-safe</i>: all stream threads share the instance;
 *   <li>of bounded time: texts come from strangers.
 * </ul>
 *
 * An event whose text it throws at or returns null for is rejected as REDACTION_FAILED, as is one
 * that breaks a rule of events afterwards, such as by a text that has become too long or a prompt
 * that has become blank. Replies that have become equal are not compared.
 *
 * <p>What it does not see: ids, domains and attributes (no attribute gets into a bucket), the
 * records of attune.preferences themselves, and the original bytes in the rejected and quarantined
 * topics.
 */
@FunctionalInterface
public interface TextRedactor {

  /** Where a text stands in an event. */
  enum Field {
    /** A turn of the prompt, of any role. */
    PROMPT,
    /** A candidate. */
    REPLY,
    /** What a user made of a candidate. */
    CORRECTION,
    /** What a user says of themself. */
    USER_TEXT
  }

  /**
   * The text that may be kept.
   *
   * @param text valid Unicode, at most as long as the field's limit; may be empty
   * @return not null; the text itself where there is nothing to take out
   */
  String redact(Field field, String text);

  /** Keeps all. */
  static TextRedactor none() {
    return (field, text) -> text;
  }
}
