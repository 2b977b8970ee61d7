package dev.attune.platform;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * What is running.
 *
 * @param version the release, or {@code development} outside a build
 * @param revision the commit, or {@code unknown} where the build was not told
 */
public record BuildInfo(String version, String revision) {
  /** Reads what the build wrote beside this class. */
  public static BuildInfo ofThisBuild() {
    Properties properties = new Properties();
    try (InputStream in = BuildInfo.class.getResourceAsStream("build.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new BuildInfo(properties.getProperty("version", "development"), revision(properties));
  }

  private static String revision(Properties properties) {
    String revision = properties.getProperty("revision", "");
    return revision.isBlank() || revision.startsWith("$") ? "unknown" : revision;
  }
}
