package dev.attune.scorer.kafka;

import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.serde.WireFormatException;
import dev.attune.scorer.core.Prompt;
import dev.attune.scorer.core.Rejection;
import dev.attune.scorer.core.RequestValidator;
import dev.attune.scorer.core.RewardFunction;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/** Reads a record of the prompts topic; bytes that are no request become one that is refused. */
public final class PromptReader {
  private final Deserializer<ScoreRequest> deserializer;
  private final RequestValidator validator;
  private final RewardFunction rewards;

  public PromptReader(
      Deserializer<ScoreRequest> deserializer, RequestValidator validator, RewardFunction rewards) {
    this.deserializer = deserializer;
    this.validator = validator;
    this.rewards = rewards;
  }

  /**
   * Reads one record.
   *
   * @throws WireFormatException only where the registry cannot be asked: the same bytes may be read
   *     later
   */
  public Prompt read(ConsumerRecord<String, byte[]> record) {
    if (record.value() == null) {
      return refused(record, null, malformed("NO_VALUE"));
    }
    ScoreRequest request;
    try {
      request = deserializer.deserialize(record.topic(), record.headers(), record.value());
    } catch (WireFormatException e) {
      if (RegistryFaults.isOne(e)) {
        throw e;
      }
      return refused(record, null, malformed(e.reason().name()));
    }
    Optional<Rejection> rejection = validator.check(request);
    if (rejection.isPresent()) {
      return refused(record, request, rejection.get());
    }
    try {
      return prompt(record, request, null, rewards.tokens(request));
    } catch (RuntimeException e) {
      // One text that the tokenizer cannot take must not hold up those behind it.
      return refused(
          record,
          request,
          new Rejection(ScoreErrorCode.INTERNAL, "the texts could not be split into tokens"));
    }
  }

  private static Prompt refused(
      ConsumerRecord<String, byte[]> record, @Nullable ScoreRequest request, Rejection rejection) {
    return prompt(record, request, rejection, 0);
  }

  private static Prompt prompt(
      ConsumerRecord<String, byte[]> record,
      @Nullable ScoreRequest request,
      @Nullable Rejection rejection,
      int tokens) {
    return new Prompt(
        record.partition(),
        record.offset(),
        Objects.requireNonNullElse(record.key(), ""),
        Instant.ofEpochMilli(record.timestamp()),
        request,
        rejection,
        tokens);
  }

  private static Rejection malformed(String reason) {
    return new Rejection(ScoreErrorCode.MALFORMED, "the value is no ScoreRequest: " + reason);
  }
}
