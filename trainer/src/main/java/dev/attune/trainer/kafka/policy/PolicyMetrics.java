package dev.attune.trainer.kafka.policy;

import dev.attune.model.policy.Policy;
import dev.attune.model.policy.PolicyLearner;
import dev.attune.trainer.policy.PolicyTraining;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.clients.consumer.Consumer;

/** Every meter of the policy pipeline. Thread-safe. */
public final class PolicyMetrics {
  private final MeterRegistry registry;
  private final Timer training;
  private final Timer publish;
  private final Counter refused;
  private final Counter recoveries;
  private volatile Standing standing = new Standing(0, 0, 0, 0, 0);
  private volatile Tested tested = new Tested(Double.NaN, Double.NaN);
  private volatile long lag;

  private record Standing(long epoch, int sample, int users, long since, double priorNorm) {}

  private record Tested(double before, double after) {}

  public PolicyMetrics(MeterRegistry registry) {
    this.registry = registry;
    training =
        Timer.builder("attune.policy.training")
            .description("Time to learn an epoch")
            .register(registry);
    publish =
        Timer.builder("attune.policy.publish")
            .description("Time to store and commit a manifest")
            .register(registry);
    refused =
        Counter.builder("attune.policy.refused")
            .description("Epochs that were worse than the one before and not published")
            .register(registry);
    recoveries =
        Counter.builder("attune.policy.recoveries")
            .description("Times that memory was dropped and the last committed manifest taken up")
            .register(registry);
    gauge("epoch", "The epoch that is served; 0 where this process stands by", s -> s.epoch);
    gauge("sample", "Events in the sample", s -> s.sample);
    gauge("users", "Users in the sample", s -> s.users);
    gauge("events.since", "Events since an epoch was last made or refused", s -> s.since);
    gauge("prior.norm", "Length of the mean of the heads' prior", s -> s.priorNorm);
    Gauge.builder("attune.policy.loss.before", this, metrics -> metrics.tested.before)
        .description("Log-loss of the epoch before on what the last one was tested on")
        .register(registry);
    Gauge.builder("attune.policy.loss.after", this, metrics -> metrics.tested.after)
        .description("The same of the last epoch, made or refused")
        .register(registry);
    Gauge.builder("attune.policy.lag", this, metrics -> metrics.lag)
        .description("Buckets that were not read yet; 0 where this process stands by")
        .register(registry);
  }

  /** Adds a client's own meters until the result is closed. */
  KafkaClientMetrics bind(Consumer<?, ?> consumer) {
    KafkaClientMetrics clientMetrics = new KafkaClientMetrics(consumer);
    clientMetrics.bindTo(registry);
    return clientMetrics;
  }

  void standing(Policy policy, PolicyTraining state) {
    double squares = 0;
    for (float weight : policy.prior().mean()) {
      squares += (double) weight * weight;
    }
    standing =
        new Standing(
            policy.epoch(),
            state.sample().size(),
            state.sample().users(),
            state.sinceDecision(),
            Math.sqrt(squares));
  }

  void standingBy() {
    standing = new Standing(0, 0, 0, 0, 0);
    lag = 0;
  }

  void tested(PolicyLearner.Epoch epoch) {
    tested = new Tested(epoch.before(), epoch.after());
    if (epoch.policy().isEmpty()) {
      refused.increment();
    }
  }

  void lag(long buckets) {
    lag = buckets;
  }

  void recovered() {
    recoveries.increment();
  }

  Timer training() {
    return training;
  }

  Timer publish() {
    return publish;
  }

  private void gauge(String name, String description, ToDoubleFunction<Standing> value) {
    Gauge.builder("attune.policy." + name, this, metrics -> value.applyAsDouble(metrics.standing))
        .description(description)
        .register(registry);
  }
}
