package dev.attune.ingest.event;

import dev.attune.platform.ConfigException;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which domains events may have.
 *
 * @param names domains, or {@code prefix.*} for those below a domain but not itself; empty: all
 */
public record AllowedDomains(Set<String> names) {
  private static final Pattern DOMAIN =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]*(\\.[A-Za-z0-9][A-Za-z0-9_-]*)*");
  private static final String BELOW = ".*";

  public AllowedDomains {
    names = Set.copyOf(names);
    for (String name : names) {
      String domain =
          name.endsWith(BELOW) ? name.substring(0, name.length() - BELOW.length()) : name;
      if (!wellFormed(domain)) {
        throw new ConfigException("'" + name + "' is neither a domain nor a domain and .*");
      }
    }
  }

  /** Every well-formed domain. */
  public static AllowedDomains all() {
    return new AllowedDomains(Set.of());
  }

  /** Labels of letters, digits, hyphens and underscores, parted by dots. */
  static boolean wellFormed(String domain) {
    return domain.length() <= EventLimits.MAX_ID_LENGTH && DOMAIN.matcher(domain).matches();
  }

  boolean allows(String domain) {
    if (names.isEmpty() || names.contains(domain)) {
      return true;
    }
    for (int dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
      if (names.contains(domain.substring(0, dot) + BELOW)) {
        return true;
      }
    }
    return false;
  }
}
