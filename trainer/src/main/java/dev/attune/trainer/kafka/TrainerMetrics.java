package dev.attune.trainer.kafka;

import dev.attune.schemas.Domains;
import dev.attune.schemas.events.Retraction;
import dev.attune.trainer.core.Learned;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.Consumer;

/** Every meter of the trainer. Thread-safe. */
public final class TrainerMetrics {
  private static final String MODEL = "model";
  private static final String KIND = "kind";

  private final MeterRegistry registry;
  private final ModelMeters modelMeters;
  private final Counter buckets;
  private final Counter emptyBuckets;
  private final Counter retractedComparisons;
  private final Counter retractedJudgements;
  private final Counter learnErrors;
  private final Counter recoveries;
  private final Timer learn;
  private final Timer publish;
  private final Timer restore;
  private final AtomicLong lag = new AtomicLong();
  private final AtomicLong models = new AtomicLong();
  private final AtomicLong partitions = new AtomicLong();

  public TrainerMetrics(MeterRegistry registry) {
    this.registry = registry;
    modelMeters = new ModelMeters(registry);
    buckets =
        Counter.builder("attune.trainer.buckets")
            .description("Buckets read, empty ones included")
            .register(registry);
    emptyBuckets =
        Counter.builder("attune.trainer.buckets.empty")
            .description("Buckets without feedback, which only move the position")
            .register(registry);
    retractedComparisons = retractions("comparison");
    retractedJudgements = retractions("judgement");
    learnErrors =
        Counter.builder("attune.trainer.learn.errors")
            .description("Failures inside a learner; each one stops the trainer")
            .register(registry);
    recoveries =
        Counter.builder("attune.trainer.recoveries")
            .description("Times that memory was dropped and the last committed checkpoint taken up")
            .register(registry);
    learn =
        Timer.builder("attune.trainer.learn")
            .description("Time to learn from a bucket")
            .register(registry);
    publish =
        Timer.builder("attune.trainer.publish")
            .description("Time to store and commit a checkpoint")
            .register(registry);
    restore =
        Timer.builder("attune.trainer.restore")
            .description("Time to take up newly assigned partitions")
            .register(registry);
    Gauge.builder("attune.trainer.lag", lag, AtomicLong::doubleValue)
        .description("Buckets of the owned partitions that have not been learned from")
        .register(registry);
    Gauge.builder("attune.trainer.models", models, AtomicLong::doubleValue)
        .description("Models owned")
        .register(registry);
    Gauge.builder("attune.trainer.partitions", partitions, AtomicLong::doubleValue)
        .description("Partitions owned")
        .register(registry);
  }

  /** Adds a client's own meters until the result is closed. */
  KafkaClientMetrics bind(Consumer<?, ?> consumer) {
    KafkaClientMetrics clientMetrics = new KafkaClientMetrics(consumer);
    clientMetrics.bindTo(registry);
    return clientMetrics;
  }

  void learned(Learned learned) {
    buckets.increment();
    if (learned.empty()) {
      emptyBuckets.increment();
      return;
    }
    String model = learned.model().equals(Domains.GENERAL) ? "general" : "domain";
    counter("attune.trainer.events", "Events accepted", model).increment((double) learned.events());
    counter("attune.trainer.steps", "Optimiser steps", model).increment((double) learned.steps());
    counter("attune.trainer.judgements", "Judgements of single replies accepted", model)
        .increment((double) learned.judgements());
    comparisons(model, "preference").increment((double) learned.preferences());
    comparisons(model, "tie").increment((double) learned.ties());
  }

  /** Feedback that ingest took back after its bucket was closed. */
  void retracted(List<Retraction> retractions) {
    for (Retraction retraction : retractions) {
      retractedComparisons.increment(retraction.getComparisons());
      retractedJudgements.increment(retraction.getJudgements());
    }
  }

  void learnFailed() {
    learnErrors.increment();
  }

  void recovered() {
    recoveries.increment();
  }

  /** The meters of each model. */
  ModelMeters ofModels() {
    return modelMeters;
  }

  Timer learn() {
    return learn;
  }

  Timer publish() {
    return publish;
  }

  Timer restore() {
    return restore;
  }

  void owned(long partitionCount, long modelCount) {
    partitions.set(partitionCount);
    models.set(modelCount);
  }

  void lag(long bucketCount) {
    lag.set(bucketCount);
  }

  private Counter retractions(String kind) {
    return Counter.builder("attune.trainer.retractions")
        .description(
            "Feedback that its user corrected or withdrew after it had been handed on; what was"
                + " learned of it stays learned")
        .tag(KIND, kind)
        .register(registry);
  }

  private Counter comparisons(String model, String kind) {
    return Counter.builder("attune.trainer.comparisons")
        .description("Comparisons accepted")
        .tag(MODEL, model)
        .tag(KIND, kind)
        .register(registry);
  }

  private Counter counter(String name, String description, String model) {
    return Counter.builder(name).description(description).tag(MODEL, model).register(registry);
  }
}
