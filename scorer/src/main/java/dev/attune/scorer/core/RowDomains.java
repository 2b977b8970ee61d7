package dev.attune.scorer.core;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The domains whose rewards have the part r_p, which costs passes of the policy. Immutable.
 *
 * @param names {@value #ALL} stands for every domain
 */
public record RowDomains(Set<String> names) {
  private static final String ALL = "*";

  /** No domain. */
  public static final RowDomains NONE = new RowDomains(Set.of());

  /** Copies the names. */
  public RowDomains {
    names = Set.copyOf(names);
  }

  /** Reads names that are parted by commas. */
  public static RowDomains parse(String text) {
    return new RowDomains(
        Arrays.stream(text.split(","))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .collect(Collectors.toSet()));
  }

  boolean allow(String domain) {
    return names.contains(ALL) || names.contains(domain);
  }
}
