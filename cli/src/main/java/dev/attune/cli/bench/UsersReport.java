package dev.attune.cli.bench;

import dev.attune.cli.console.Console;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What users' states take.
 *
 * @param stateBytes of a state as Avro
 * @param topicBytes of a state in the topic's log, one copy of each
 * @param storeBytes of a state in the trainer's store on disk
 * @param writeSeconds to write all states to the topic
 * @param restoreSeconds from the trainer's start until it has taken up all of them
 * @param heapBefore bytes of live objects, broker included, before the trainer started
 * @param residentBefore bytes of the process in memory then
 */
record UsersReport(
    int users,
    double stateBytes,
    double topicBytes,
    double storeBytes,
    double writeSeconds,
    double restoreSeconds,
    long heapBefore,
    long heapAfter,
    long residentBefore,
    long residentAfter) {
  private static final double MIB = 1 << 20;

  /** The contract of {@code --json}; the yardstick is the state itself. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("benchmark", "users");
    json.put("value", storeBytes);
    json.put("unit", "bytes/user");
    json.put("yardstick", stateBytes);
    json.put("ratio", storeBytes / stateBytes);
    json.put("users", users);
    json.put("state_bytes", stateBytes);
    json.put("topic_bytes", topicBytes);
    json.put("store_bytes", storeBytes);
    json.put("write_seconds", writeSeconds);
    json.put("restore_seconds", restoreSeconds);
    json.put("users_per_second", users / restoreSeconds);
    json.put("heap_mib", pair(heapBefore, heapAfter));
    json.put("resident_mib", pair(residentBefore, residentAfter));
    return json;
  }

  private static Map<String, Object> pair(long before, long after) {
    return Map.of("before", before / MIB, "after", after / MIB);
  }

  void print(Console console) {
    console.printf("%d users with a head of 9 coordinates and 5 cluster weights", users);
    console.printf(
        "bytes a user   as Avro %.0f, in the topic %.0f, in the store %.0f",
        stateBytes, topicBytes, storeBytes);
    console.printf(
        "restore        %.1f s, %.0f users a second (written in %.1f s)",
        restoreSeconds, users / restoreSeconds, writeSeconds);
    console.printf(
        "live heap      %.0f MiB before the trainer's start, %.0f after the restore",
        heapBefore / MIB, heapAfter / MIB);
    console.printf(
        "resident       %.0f MiB before, %.0f after", residentBefore / MIB, residentAfter / MIB);
  }
}
