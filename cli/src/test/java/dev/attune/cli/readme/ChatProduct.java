package dev.attune.cli.readme;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.AvroSerializer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Asks for rewards, shows the best reply, and tells Attune what the user chose. */
public final class ChatProduct {
  public static void main(String[] args) {
    String user = "user-1";
    String domain = "science";
    List<Turn> prompt = List.of(new Turn("user", "Why is the sky blue?"));
    List<Candidate> candidates =
        List.of(
            new Candidate("a", "Air scatters short waves most, and blue light is short."),
            new Candidate("b", "Because."));
    Map<String, Object> producing =
        Map.of(
            "bootstrap.servers",
            args[0],
            "schema.registry.url",
            args[1],
            "key.serializer",
            StringSerializer.class,
            "value.serializer",
            AvroSerializer.class);
    Map<String, Object> consuming =
        Map.of(
            "bootstrap.servers",
            args[0],
            "schema.registry.url",
            args[1],
            "group.id",
            "chat-product",
            "auto.offset.reset",
            "earliest",
            "isolation.level",
            "read_committed",
            "key.deserializer",
            StringDeserializer.class,
            "value.deserializer",
            AvroDeserializer.class);

    try (var producer = new KafkaProducer<String, SpecificRecord>(producing);
        var consumer = new KafkaConsumer<String, ScoreResult>(consuming)) {
      consumer.subscribe(List.of(Topics.REWARDS.name()));

      String requestId = UUID.randomUUID().toString();
      ScoreRequest request =
          ScoreRequest.newBuilder()
              .setRequestId(requestId)
              .setUserId(user)
              .setDomain(domain)
              .setPrompt(prompt)
              .setCandidates(candidates)
              .build();
      producer.send(new ProducerRecord<>(Topics.PROMPTS.name(), user, request));
      producer.flush();

      ScoreResult result = await(consumer, requestId);
      result
          .getCandidates()
          .forEach(c -> System.out.println(c.getRank() + ". " + c.getId() + " " + c.getReward()));

      PreferenceEvent choice =
          PreferenceEvent.newBuilder()
              .setEventId(UUID.randomUUID().toString())
              .setUserId(user)
              .setDomain(domain)
              .setOccurredAt(Instant.now())
              .setRequestId(requestId)
              .setPrompt(prompt)
              .setCandidates(candidates)
              .setSignal(new Choice("a"))
              .build();
      producer.send(new ProducerRecord<>(Topics.PREFERENCES.name(), user, choice));
      producer.flush();
    }
  }

  private static ScoreResult await(KafkaConsumer<String, ScoreResult> consumer, String requestId) {
    Instant deadline = Instant.now().plusSeconds(30);
    while (Instant.now().isBefore(deadline)) {
      for (ConsumerRecord<String, ScoreResult> reward : consumer.poll(Duration.ofMillis(100))) {
        if (reward.value().getRequestId().equals(requestId)) {
          return reward.value();
        }
      }
    }
    throw new IllegalStateException("no reward for request " + requestId + " within 30 s");
  }

  private ChatProduct() {}
}
