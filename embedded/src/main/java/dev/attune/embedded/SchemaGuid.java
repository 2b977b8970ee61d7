package dev.attune.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.embedded.StoredSchema.Reference;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * A schema's id that is the same in every registry: the MD5 of its text and references, as
 * Confluent Platform 8 counts it. Where there is a rule set, which Confluent hashes part by part,
 * it is only an id of this registry.
 */
final class SchemaGuid {
  private SchemaGuid() {}

  static UUID of(StoredSchema stored) {
    MessageDigest md5 = md5();
    md5.update(stored.schema().getBytes(UTF_8));
    for (Reference reference : stored.references()) {
      md5.update(reference.name().getBytes(UTF_8));
      md5.update(reference.subject().getBytes(UTF_8));
      md5.update(ByteBuffer.allocate(Integer.BYTES).putInt(reference.version()).array());
    }
    if (stored.ruleSet() != null) {
      md5.update(stored.ruleSet().toString().getBytes(UTF_8));
    }
    ByteBuffer digest = ByteBuffer.wrap(md5.digest());
    return new UUID(digest.getLong(), digest.getLong());
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has MD5", e);
    }
  }
}
