package dev.attune.trainer;

import dev.attune.schemas.Topic;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.kafka.TrainerClients;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;

/**
 * A process that dies at a given point: before or after a call of a producer, or inside a learner.
 * From then on its producers do nothing more, not even abort their transactions.
 */
final class CrashingClients implements TrainerClients {
  /** The point inside a learner. */
  static final String LEARNING = "learning";

  private static final Set<String> STEPS =
      Set.of("send", "flush", "beginTransaction", "sendOffsetsToTransaction", "commitTransaction");

  private final TrainerClients clients;
  private final String point;
  private final AtomicInteger passes;
  private final BooleanSupplier from;
  private volatile boolean died;

  /** The process is gone; nothing may catch it. */
  static final class Crash extends Error {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("simulated crash", null, false, false);
    }
  }

  /**
   * @param point where it dies
   * @param passes how often it gets past there before
   */
  CrashingClients(TrainerClients clients, String point, int passes) {
    this(clients, point, passes, () -> true);
  }

  /**
   * @param from passes count once this is so
   */
  CrashingClients(TrainerClients clients, String point, int passes, BooleanSupplier from) {
    this.from = from;
    this.clients = clients;
    this.point = point;
    this.passes = new AtomicInteger(passes);
  }

  boolean died() {
    return died;
  }

  void step(String what) {
    if (died || (what.equals(point) && from.getAsBoolean() && passes.decrementAndGet() < 0)) {
      died = true;
      throw new Crash();
    }
  }

  @Override
  public Consumer<String, PreferenceBucket> buckets() {
    return clients.buckets();
  }

  @Override
  public Duration maxPollInterval() {
    return clients.maxPollInterval();
  }

  @Override
  public <V extends SpecificRecord> Consumer<String, V> committed(Topic<V> topic) {
    return clients.committed(topic);
  }

  @Override
  public <V extends SpecificRecord> Consumer<String, V> uncommitted(Topic<V> topic) {
    return clients.uncommitted(topic);
  }

  @Override
  public Producer<String, SpecificRecord> artifacts() {
    return crashing("artifacts", clients.artifacts());
  }

  @Override
  public Producer<String, SpecificRecord> transactional(int partition) {
    return crashing("transaction", clients.transactional(partition));
  }

  @Override
  public Admin admin() {
    return clients.admin();
  }

  @SuppressWarnings("unchecked") // a proxy of the very interface
  private Producer<String, SpecificRecord> crashing(
      String name, Producer<String, SpecificRecord> producer) {
    return (Producer<String, SpecificRecord>)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Producer.class},
            (proxy, method, arguments) -> {
              String what = name + "." + method.getName();
              if (method.getName().equals("close")) {
                producer.close(died ? Duration.ZERO : Duration.ofSeconds(5));
                return null;
              }
              boolean counts = STEPS.contains(method.getName());
              if (counts) {
                step("before " + what);
              }
              try {
                Object result = method.invoke(producer, arguments);
                if (counts) {
                  step("after " + what);
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
