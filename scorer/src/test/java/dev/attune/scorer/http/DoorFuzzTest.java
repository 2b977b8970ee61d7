package dev.attune.scorer.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Position;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bodies that nobody in their right mind would send. */
class DoorFuzzTest {
  private static final int BODIES = 3000;

  private static final List<String> PIECES =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ":",
          ",",
          "\"",
          "\\",
          "null",
          "true",
          "NaN",
          "-Infinity",
          "1e999",
          "-0",
          "00",
          "1".repeat(70),
          "9223372036854775808",
          "1e-400",
          "\"\\ud800\"",
          "\"\\udc00x\"",
          "\\u0000",
          "\u0000",
          "\u0001",
          "\ufeff",
          "\ufffe",
          "[".repeat(40),
          "{\"a\":".repeat(40),
          "\"userId\":\"\",",
          "\"userId\":{},",
          "\"userId\":[],",
          "\"deadline\":1e3,",
          "\"deadline\":\"+1000000000-01-01T00:00:00Z\",",
          "\"deadline\":92233720368547758080,",
          "\"after\":{\"topic\":\"x\",\"partition\":2147483648,\"offset\":0},",
          "\"signal\":{},",
          "\"signal\":{\"Choice\":{},\"Tie\":{}},",
          "\"signal\":{\"Ratings\":{\"ratings\":{\"a\":1e999}}},",
          "\"attributes\":{\"\\ud800\":\"x\"},",
          "\"\\ud800\":1,",
          "/*",
          "//",
          "'",
          "`",
          "\t",
          "\r\n",
          "\ud83d\ude00",
          "x".repeat(3000));

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldNeverFailNorHangWhateverABodyIs() {
    // Given
    Random random = new Random(20261121);
    Map<Integer, Integer> statuses = new TreeMap<>();
    Duration slowest = Duration.ZERO;
    try (TestDoor door = new TestDoor("scorer.http.max-body-bytes=16 KiB")) {
      door.scoring =
          request -> {
            written(request::toByteBuffer);
            return CompletableFuture.completedFuture(TestDoor.result(request));
          };
      door.sink =
          event -> {
            written(event::toByteBuffer);
            return CompletableFuture.completedFuture(new Position("attune.preferences", 0, 0L));
          };
      for (int i = 0; i < BODIES; i++) {
        boolean score = random.nextBoolean();
        byte[] body = mutated(random, score ? TestDoor.REQUEST : TestDoor.EVENT);
        long startedAt = System.nanoTime();

        // When
        HttpResponse<String> response =
            door.post(score ? TestDoor.SCORE : TestDoor.PREFERENCES, body);

        // Then
        assertThat(response.statusCode()).as("body %d: %s", i, response.body()).isLessThan(500);
        Duration took = Duration.ofNanos(System.nanoTime() - startedAt);
        slowest = took.compareTo(slowest) > 0 ? took : slowest;
        statuses.merge(response.statusCode(), 1, Integer::sum);
      }
    }
    assertThat(slowest).isLessThan(Duration.ofSeconds(5));
    assertThat(statuses).containsKeys(200, 202, 400, 422);
  }

  /** What the door takes can be written to a topic. */
  private static void written(Callable<ByteBuffer> record) {
    try {
      assertThat(record.call().remaining()).isPositive();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] mutated(Random random, String valid) {
    StringBuilder text = new StringBuilder(valid);
    for (int i = random.nextInt(4); i > 0; i--) {
      int at = random.nextInt(text.length() + 1);
      switch (random.nextInt(5)) {
        case 0 -> text.insert(at, pick(random));
        case 1 -> text.delete(at, Math.min(text.length(), at + random.nextInt(20)));
        case 2 ->
            text.replace(at, Math.min(text.length(), at + 1 + random.nextInt(8)), pick(random));
        case 3 ->
            text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(60))));
        default -> text.insert(text.indexOf("{") + 1, pick(random));
      }
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    for (int i = random.nextInt(8) == 0 ? 1 + random.nextInt(4) : 0;
        i > 0 && bytes.length > 0;
        i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private static String pick(Random random) {
    return PIECES.get(random.nextInt(PIECES.size()));
  }
}
