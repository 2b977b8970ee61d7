package dev.attune.cli.chaos;

import java.util.Locale;

/**
 * A process was killed, and all is well again.
 *
 * @param number of the kill, from 1
 * @param process its name
 * @param kind of the process, in lower case
 * @param seconds until nothing was missing any more
 */
record KillRecord(int number, String process, String kind, double seconds) {
  static KillRecord of(int number, ChildProcess process, double seconds) {
    return new KillRecord(
        number, process.name(), process.kind().name().toLowerCase(Locale.ROOT), seconds);
  }
}
