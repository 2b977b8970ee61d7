package dev.attune.schemas.serde;

import dev.attune.schemas.events.Turn;
import org.apache.avro.util.ClassSecurityValidator;

/**
 * Tells Avro, which makes no instances of classes it was not told of, that Attune's generated
 * records may be made. Other classes stay as they are configured.
 */
public final class TrustedRecords {
  private static final String PACKAGE = Turn.class.getPackageName();

  static {
    ClassSecurityValidator.setGlobal(
        ClassSecurityValidator.composite(
            ClassSecurityValidator.getGlobal(), type -> type.getPackageName().equals(PACKAGE)));
  }

  private TrustedRecords() {}

  /** Does it once, at the first call; for who reads records without this package's serdes. */
  public static void trust() {}
}
