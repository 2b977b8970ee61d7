package dev.attune.cli.chaos;

/**
 * A record that was sent, and what it says.
 *
 * @param number of the record, from 0; goes with it as a header
 * @param valid whether ingest can use it; if not it is to be rejected
 * @param lessons comparisons and judgements that it teaches
 */
record ChaosEvent(
    int number,
    String userId,
    String domain,
    String eventId,
    int revision,
    boolean withdrawn,
    boolean valid,
    int lessons) {}
