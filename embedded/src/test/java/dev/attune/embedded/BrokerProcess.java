package dev.attune.embedded;

import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** A broker with one acknowledged record, in a process that can be killed. */
final class BrokerProcess {
  private BrokerProcess() {}

  /** Takes the folder, the topic and the record's value; says {@code ready} and waits. */
  public static void main(String[] args) throws Exception {
    try (EmbeddedCluster cluster = EmbeddedCluster.start(Path.of(args[0]));
        KafkaProducer<String, String> producer =
            new KafkaProducer<>(
                Map.of("bootstrap.servers", cluster.bootstrapServers(), "acks", "all"),
                new StringSerializer(),
                new StringSerializer())) {
      producer.send(new ProducerRecord<>(args[1], "key", args[2])).get();
      System.out.println("ready");
      Thread.currentThread().join();
    }
  }
}
