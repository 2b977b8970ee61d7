package dev.attune.schemas;

import java.util.Optional;

/**
 * The keys of {@link Topics#MODELS}. A model's own name is the key of its current manifest; beside
 * it lie the versions that were published and what operators ask for.
 */
public final class ModelKeys {
  /** The name of the shared personal policy: basis, prior, adapter. */
  public static final String POLICY = "policy";

  private static final String DOMAIN = "domain/";
  private static final String CALIBRATION = "calibration/";
  private static final String HISTORY = "history/";
  private static final String PIN = "pin/";
  private static final String ROLLBACK = "rollback/";

  private ModelKeys() {}

  /** The name of a domain's calibration. */
  public static String calibration(String domain) {
    return CALIBRATION + domain;
  }

  /** The domain of a calibration's name; empty for other keys. */
  public static Optional<String> calibrationDomain(String key) {
    return after(CALIBRATION, key);
  }

  /** Whether it is the current manifest of a reward model: general or domain/… */
  public static boolean isReward(String key) {
    return key.equals(Domains.GENERAL) || key.startsWith(DOMAIN);
  }

  /** The key of a version that was published. */
  public static String history(String model, long version) {
    return HISTORY + model + "/" + version;
  }

  /** Whether it is the key of a version that was published. */
  public static boolean isHistory(String key) {
    return key.startsWith(HISTORY);
  }

  /** The key of the version that an operator holds a model at. */
  public static String pin(String model) {
    return PIN + model;
  }

  /** The model that is held; empty for other keys. */
  public static Optional<String> pinned(String key) {
    return after(PIN, key);
  }

  /** The key of the version that an operator wants a model to go back to. */
  public static String rollback(String model) {
    return ROLLBACK + model;
  }

  /** The model that is to go back; empty for other keys. */
  public static Optional<String> rolledBack(String key) {
    return after(ROLLBACK, key);
  }

  private static Optional<String> after(String prefix, String key) {
    return key.startsWith(prefix) ? Optional.of(key.substring(prefix.length())) : Optional.empty();
  }
}
