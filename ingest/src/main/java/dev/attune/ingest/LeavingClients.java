package dev.attune.ingest;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.processor.internals.DefaultKafkaClientSupplier;

/**
 * Streams' clients, but a stream thread that has failed and is replaced leaves the group. Streams
 * lets it remain, so that its partitions would stand still until its session times out.
 * Thread-safe.
 */
final class LeavingClients extends DefaultKafkaClientSupplier {
  private final Set<Thread> replaced = ConcurrentHashMap.newKeySet();

  /** The consumer of the calling stream thread will leave the group when it is closed. */
  void leaveWhenClosed() {
    replaced.add(Thread.currentThread());
  }

  @Override
  public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer()) {
      @Override
      public void close(CloseOptions options) {
        // A thread has one consumer that is a member, and closes it last.
        boolean leaves = replaced.remove(Thread.currentThread());
        super.close(
            leaves
                ? options.withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP)
                : options);
      }
    };
  }
}
