package dev.attune.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Names of domains. A domain's labels are separated by dots; {@code general} and the domains below
 * it ({@code general.helpful}) are the sources of the general reward model.
 */
public final class Domains {
  /** The domain of an event or request that names none. */
  public static final String GENERAL = "general";

  /** The head for requests and feedback of no particular source. */
  public static final String POOLED_HEAD = "pooled";

  private static final String SOURCE_PREFIX = GENERAL + ".";
  private static final String MODEL_PREFIX = "domain/";

  private Domains() {}

  /** The domain itself, or {@link #GENERAL} where there is none. */
  public static String orGeneral(@Nullable String domain) {
    return domain == null || domain.isBlank() ? GENERAL : domain;
  }

  /** The first label: of {@code general.helpful} it is {@code general}. */
  public static String root(String domain) {
    int dot = domain.indexOf('.');
    return dot < 0 ? domain : domain.substring(0, dot);
  }

  /** Whether the general reward model learns from and answers for the domain. */
  public static boolean isGeneral(String domain) {
    return root(domain).equals(GENERAL);
  }

  /**
   * The partition of {@link Topics#BUCKETS_BY_DOMAIN}: by Kafka's own hash of the root, so that one
   * owner trains general with all its sources.
   */
  public static int partition(String domain, int partitions) {
    return Utils.toPositive(Utils.murmur2(root(domain).getBytes(UTF_8))) % partitions;
  }

  /** The name of the reward model that learns from the domain: the key of its manifests. */
  public static String modelName(String domain) {
    return isGeneral(domain) ? GENERAL : MODEL_PREFIX + domain;
  }

  /** The reward head: of {@code general.helpful} it is {@code helpful}, else the pooled one. */
  public static String head(String domain) {
    return domain.startsWith(SOURCE_PREFIX)
        ? domain.substring(SOURCE_PREFIX.length())
        : POOLED_HEAD;
  }
}
