package dev.attune.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the real data for tests lies: {@code ATTUNE_DATA}, or ../shared/data beside the root. */
public final class TestData {
  private TestData() {}

  /** A folder of the data; the test is skipped, saying so, where it is missing. */
  public static Path folder(String name) {
    String given = System.getenv("ATTUNE_DATA");
    Path data = given != null ? Path.of(given) : Path.of("../../shared/data");
    Path folder = data.resolve(name).toAbsolutePath().normalize();
    assumeTrue(Files.isDirectory(folder), "skipped: no data at " + folder + " (set ATTUNE_DATA)");
    return folder;
  }
}
