package dev.attune.scorer.kafka;

import dev.attune.schemas.Topic;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.scorer.core.Prompt;
import dev.attune.scorer.metrics.ScorerMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Answers as records of their topic. The key is the user id, the value's {@code source} the
 * prompt's place: equal in every answer to one prompt, whoever gives it.
 */
final class Answers {
  private final Topic<ScoreResult> topic;
  private final ScorerMetrics metrics;

  Answers(Topic<ScoreResult> topic, ScorerMetrics metrics) {
    this.topic = topic;
    this.metrics = metrics;
  }

  ProducerRecord<String, ScoreResult> record(Prompt prompt, ScoreResult result) {
    String key = result.getUserId().isBlank() ? prompt.key() : result.getUserId();
    return new ProducerRecord<>(topic.name(), key, result);
  }

  /** Counts a batch that products can read now. */
  void count(List<Prompt> batch, List<ScoreResult> results) {
    Instant now = Instant.now();
    for (int i = 0; i < batch.size(); i++) {
      Duration latency = Duration.between(batch.get(i).appendedAt(), now);
      metrics.answered(results.get(i).getError(), latency.isNegative() ? Duration.ZERO : latency);
    }
  }
}
