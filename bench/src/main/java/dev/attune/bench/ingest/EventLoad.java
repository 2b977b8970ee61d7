package dev.attune.bench.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.serde.AvroSerializer;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Made-up events of about a kilobyte: a prompt, two replies, a choice. User and domain of each are
 * drawn evenly, so that hardly two of those that wait at a time share a bucket: the worst case. The
 * same seed gives the same events; their number can be told from their ids.
 */
final class EventLoad {
  static final int USERS = 10_000;
  static final int DOMAINS = 20;

  /** A producer's header: the event's number, for those who do not read its value. */
  static final String NUMBER = "n";

  private static final int PROMPT_LENGTH = 190;
  private static final int REPLY_LENGTH = 320;
  private static final String WORDS =
      "the of and to a in for is on that by this with you it not or be are from at as your all have"
          + " new more an was we will home can us about if page my has search free but our one other"
          + " do no information time they site he up may what which their news out use any there see"
          + " only so his when contact here business who web also now help get view online first been"
          + " would how were services some these click its like service than find price date back top"
          + " people had list name just over state year day into two health world next used work last"
          + " most products music buy data make them should product system post her city add policy ";

  private final AvroSerializer<PreferenceEvent> serializer = new AvroSerializer<>();
  private final long seed;

  EventLoad(KafkaSettings kafka, long seed) {
    serializer.configure(kafka.serde(), false);
    this.seed = seed;
  }

  /** The event with that number, from 0, as a producer sends it. */
  ProducerRecord<byte[], byte[]> record(int number) {
    PreferenceEvent event = event(number);
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            Topics.PREFERENCES.name(),
            event.getUserId().getBytes(UTF_8),
            serializer.serialize(Topics.PREFERENCES.name(), event));
    record.headers().add(NUMBER, Integer.toString(number).getBytes(UTF_8));
    return record;
  }

  /** An event's number, of its id. */
  static int number(String eventId) {
    return (int) UUID.fromString(eventId).getLeastSignificantBits();
  }

  private PreferenceEvent event(int number) {
    SplittableRandom random = new SplittableRandom(seed * 31 + number);
    String first = text(random, REPLY_LENGTH);
    String second = text(random, REPLY_LENGTH);
    return PreferenceEvent.newBuilder()
        .setEventId(new UUID(random.nextLong(), number).toString())
        .setUserId("user-%06d".formatted(random.nextInt(USERS)))
        .setDomain("field-%02d".formatted(random.nextInt(DOMAINS)))
        .setOccurredAt(Instant.now())
        .setPrompt(List.of(new Turn("user", text(random, PROMPT_LENGTH))))
        .setCandidates(List.of(new Candidate("a", first), new Candidate("b", second)))
        .setSignal(new Choice(random.nextBoolean() ? "a" : "b"))
        .build();
  }

  private static String text(SplittableRandom random, int length) {
    // Its beginning makes each text another one: equal replies compare nothing.
    int start = random.nextInt(WORDS.length() - length);
    return Long.toHexString(random.nextLong()) + ' ' + WORDS.substring(start, start + length);
  }
}
