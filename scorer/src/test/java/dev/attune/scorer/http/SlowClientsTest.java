package dev.attune.scorer.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SlowClientsTest {
  /**
   * Ten thousand, or as many as this process has file descriptors for: two for each connection that
   * is not reset, and some to spare. A multiple of openers and beginnings.
   */
  private static final int SLOW = Math.min(10_000, (freeDescriptors() - 2_000) / 32 * 20);

  private static final int OPENERS = 4;
  private static final Duration LONGEST = Duration.ofSeconds(5);
  private static final String HEADER =
      "POST /v1/score HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";

  /** What a connection sends before it falls silent; `reset`: it is reset at once. */
  private static final List<String> BEGINNINGS =
      List.of(
          "",
          "POST /v1/sc",
          HEADER,
          HEADER + "Content-Length: 500\r\n\r\n{\"userId\": \"u",
          "reset");

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldAnswerAmongTenThousandSlowAndBrokenConnections() {
    // Given
    assumeThat(SLOW).as("file descriptors").isGreaterThan(1_000);
    Queue<SocketChannel> slow = new ConcurrentLinkedQueue<>();
    AtomicBoolean flooding = new AtomicBoolean(true);
    try (TestDoor door =
        new TestDoor("scorer.http.max-connections=12000", "scorer.http.request-timeout=1 min")) {
      door.post(TestDoor.SCORE, TestDoor.REQUEST);

      // When
      List<CompletableFuture<Void>> openers = new ArrayList<>();
      for (int i = 0; i < OPENERS; i++) {
        openers.add(
            CompletableFuture.runAsync(() -> open(door, slow), task -> new Thread(task).start()));
      }
      CompletableFuture<Void> flood =
          CompletableFuture.allOf(openers.toArray(CompletableFuture[]::new));
      flood.whenComplete((none, failure) -> flooding.set(false));
      List<Call> connected = new ArrayList<>();
      List<Call> anew = new ArrayList<>();
      while (flooding.get() || anew.size() < 20) {
        connected.add(onTheSame(door));
        anew.add(onANew(door));
      }

      // Then
      assertThat(flood).isCompleted();
      assertThat(slow).hasSize(SLOW);
      assertThat(connected).allMatch(Call::answered);
      assertThat(anew).allMatch(Call::answered);
      assertThat(connected).extracting(Call::took).allMatch(took -> took.compareTo(LONGEST) < 0);
      assertThat(anew).extracting(Call::took).allMatch(took -> took.compareTo(LONGEST) < 0);
      assertThat(door.meters.get("attune.scorer.http.connections").gauge().value())
          .isGreaterThanOrEqualTo(SLOW * (BEGINNINGS.size() - 1) / (double) BEGINNINGS.size());
    } finally {
      slow.forEach(SlowClientsTest::close);
    }
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldHaveAPlaceForWhoAsksHoweverManyAreSlow() {
    // Given
    Queue<SocketChannel> slow = new ConcurrentLinkedQueue<>();
    List<Call> calls = new ArrayList<>();
    try (TestDoor door =
        new TestDoor("scorer.http.max-connections=20", "scorer.http.max-in-flight=10")) {
      // When
      for (int i = 0; i < 200; i++) {
        open(door, slow, i);
        calls.add(onTheSame(door));
        calls.add(onANew(door));
      }

      // Then
      assertThat(calls).allMatch(Call::answered);
      assertThat(
              door.meters
                  .get("attune.scorer.http.connections.closed")
                  .tag("reason", "limit")
                  .counter()
                  .count())
          .isGreaterThan(100);
    } finally {
      slow.forEach(SlowClientsTest::close);
    }
  }

  /**
   * Each asks for much more than a connection buffers, on more connections than there are threads.
   */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldAnswerAmongClientsThatDoNotRead() throws IOException {
    // Given
    String requests = "GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n".repeat(400);
    List<Socket> unread = new ArrayList<>();
    try (TestDoor door = new TestDoor("scorer.http.threads=8")) {
      for (int i = 0; i < 40; i++) {
        unread.add(door.connect(requests));
      }

      // When
      Call call = onANew(door);

      // Then
      assertThat(call.answered()).isTrue();
      assertThat(call.took()).isLessThan(LONGEST);
      assertThat(door.meters.get("attune.scorer.http.buffered").gauge().value()).isPositive();
      for (Socket socket : unread) {
        socket.close();
      }
    }
  }

  private static int freeDescriptors() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean process
        ? (int)
            Math.min(
                Integer.MAX_VALUE,
                process.getMaxFileDescriptorCount() - process.getOpenFileDescriptorCount())
        : Integer.MAX_VALUE;
  }

  private record Call(boolean answered, Duration took) {}

  /** On a connection that was there before. */
  private static Call onTheSame(TestDoor door) {
    return timed(() -> door.post(TestDoor.SCORE, TestDoor.REQUEST).statusCode() == 200);
  }

  private static Call onANew(TestDoor door) {
    String request =
        HEADER
            + "Connection: close\r\nContent-Length: "
            + TestDoor.REQUEST.length()
            + "\r\n\r\n"
            + TestDoor.REQUEST;
    return timed(
        () -> {
          try (Socket socket = door.connect(request)) {
            return TestDoor.readAll(socket).startsWith("HTTP/1.1 200 ");
          }
        });
  }

  private static Call timed(Callable<Boolean> call) {
    long startedAt = System.nanoTime();
    boolean answered;
    try {
      answered = call.call();
    } catch (Exception e) {
      answered = false;
    }
    return new Call(answered, Duration.ofNanos(System.nanoTime() - startedAt));
  }

  private static void open(TestDoor door, Queue<SocketChannel> opened) {
    for (int i = 0; i < SLOW / OPENERS; i++) {
      open(door, opened, i);
    }
  }

  private static void open(TestDoor door, Queue<SocketChannel> opened, int number) {
    try {
      SocketChannel channel =
          SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), door.port));
      opened.add(channel);
      begin(channel, BEGINNINGS.get(number % BEGINNINGS.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void begin(SocketChannel channel, String beginning) {
    try {
      if (beginning.equals("reset")) {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
      } else {
        channel.write(ByteBuffer.wrap(beginning.getBytes(StandardCharsets.US_ASCII)));
      }
    } catch (IOException e) {
      // The door has closed it already, as it may.
      close(channel);
    }
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
