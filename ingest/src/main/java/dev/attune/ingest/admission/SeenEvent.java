package dev.attune.ingest.admission;

/**
 * What is remembered of an event: its latest revision that counts. Immutable.
 *
 * @param revision the latest one
 * @param domain of that revision
 * @param partition of its record in attune.preferences, as is the offset
 * @param comparisons that it taught, as are the judgements; 0 for a withdrawal
 * @param withdrawn nothing of the event counts any more
 */
record SeenEvent(
    int revision,
    String domain,
    int partition,
    long offset,
    int comparisons,
    int judgements,
    boolean withdrawn) {}
