package dev.attune.platform;

import java.util.Locale;
import java.util.regex.Pattern;

/** Knows by its name which setting must never be printed. */
final class Secrets {
  static final String MASK = "********";

  private static final Pattern NAMES =
      Pattern.compile(
          "password|passphrase|secret|jaas|user\\.info|(^|[._-])token($|[._-])|credential(?!s\\.source)"
              + "|keystore\\.key|private[._-]key|certificate\\.chain|(^|[._-])api[._-]?key");

  private Secrets() {}

  static boolean isSecret(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !lower.endsWith(".location")
        && !lower.endsWith(".url")
        && !lower.endsWith(".type")
        && NAMES.matcher(lower).find();
  }

  /** The value, or the mask where the name says that it is secret; a URL's user part is masked. */
  static String masked(String name, String value) {
    return isSecret(name) && !value.isEmpty()
        ? MASK
        : value.replaceAll("://[^/@\\s]+@", "://" + MASK + "@");
  }
}
