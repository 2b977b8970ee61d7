package dev.attune.scorer.kafka;

import dev.attune.schemas.serde.WireFormatException;

/** Tells a registry that is away from bytes that nobody can read. */
final class RegistryFaults {
  private RegistryFaults() {}

  /**
   * Whether the same bytes may be read once the registry answers again, or takes our credentials.
   */
  static boolean isOne(WireFormatException e) {
    return switch (e.reason()) {
      case REGISTRY_UNAVAILABLE, REGISTRY_REFUSED -> true;
      default -> false;
    };
  }
}
