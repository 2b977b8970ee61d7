package dev.attune.trainer.kafka;

import dev.attune.schemas.serde.WireFormatException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Tells failures that pass when a partition is taken up anew from those that need a person. */
public final class Failures {
  private Failures() {}

  /** Fenced, kicked out of the group, timed out, connection lost: restoring repeats nothing. */
  public static boolean recoverable(Throwable failure) {
    // The consumer wraps what a deserializer throws: what is underneath decides.
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof WireFormatException wire) {
        return wire.reason() == WireFormatException.Reason.REGISTRY_UNAVAILABLE;
      }
    }
    boolean kafka = false;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof AuthorizationException
          || cause instanceof AuthenticationException
          || cause instanceof ConfigException
          || cause instanceof FencedInstanceIdException
          || cause instanceof InvalidConfigurationException
          || cause instanceof InvalidTopicException
          || cause instanceof RecordTooLargeException
          || cause instanceof SerializationException
          || cause instanceof UnknownTopicOrPartitionException
          || cause instanceof UnsupportedVersionException) {
        return false;
      }
      kafka |= cause instanceof KafkaException;
    }
    return kafka;
  }

  /** The failure behind a future's. */
  static KafkaException unwrap(ExecutionException failure) {
    return failure.getCause() instanceof KafkaException kafka
        ? kafka
        : new KafkaException(failure.getCause());
  }
}
