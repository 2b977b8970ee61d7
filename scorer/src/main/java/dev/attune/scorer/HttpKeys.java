package dev.attune.scorer;

import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import dev.attune.scorer.http.BearerTokens;
import dev.attune.scorer.http.DoorConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The settings of the synchronous door. */
final class HttpKeys {
  private static final ConfigKey<Integer> PORT =
      ConfigKey.integer(
              "scorer.http.port",
              null,
              0,
              65_535,
              "The port of the synchronous door; 0 takes a free one. Absent: there is none.")
          .optional();

  private static final ConfigKey<String> HOST =
      ConfigKey.string("scorer.http.host", "127.0.0.1", "The address that the door listens on.");

  private static final ConfigKey<String> TOKENS =
      ConfigKey.string(
              "scorer.http.tokens",
              null,
              "Bearer tokens that open the door, separated by commas. Without any the host must be"
                  + " a loopback address.")
          .optional()
          .masked();

  private static final ConfigKey<Path> TOKENS_FILE =
      ConfigKey.path(
              "scorer.http.tokens-file",
              null,
              "A file with further tokens, one a line, read at the start.")
          .optional();

  private static final ConfigKey<Duration> TIMEOUT =
      ConfigKey.duration(
          "scorer.http.timeout",
          Duration.ofSeconds(10),
          Duration.ofMillis(100),
          Duration.ofMinutes(5),
          "How long an answer may take; a request's own deadline can only shorten it.");

  private static final ConfigKey<Long> MAX_BODY =
      ConfigKey.bytes(
          "scorer.http.max-body-bytes", 1L << 20, 1L << 10, 16L << 20, "A request's body at most.");

  private static final ConfigKey<Long> MAX_BUFFERED =
      ConfigKey.bytes(
          "scorer.http.max-buffered-bytes",
          64L << 20,
          1L << 10,
          1L << 36,
          "Bodies and answers held at one time, all together; beyond it bodies are refused.");

  private static final ConfigKey<Integer> MAX_IN_FLIGHT =
      ConfigKey.integer(
          "scorer.http.max-in-flight",
          256,
          1,
          100_000,
          "Requests of a kind that wait for their answer at one time; beyond it they are refused.");

  private static final ConfigKey<Integer> MAX_CONNECTIONS =
      ConfigKey.integer(
          "scorer.http.max-connections",
          16_384,
          2,
          200_000,
          "Connections at one time, about 5 KiB of memory each; beyond it the one that has owed a"
              + " request longest is closed.");

  private static final ConfigKey<Duration> REQUEST_TIMEOUT =
      ConfigKey.duration(
          "scorer.http.request-timeout",
          Duration.ofSeconds(10),
          Duration.ofMillis(100),
          Duration.ofMinutes(5),
          "How long a client may take to send a request, and to read its answer.");

  private static final ConfigKey<Duration> IDLE_TIMEOUT =
      ConfigKey.duration(
          "scorer.http.idle-timeout",
          Duration.ofMinutes(1),
          Duration.ofMillis(100),
          Duration.ofHours(1),
          "How long a connection may stay open between two requests.");

  private static final ConfigKey<Integer> THREADS =
      ConfigKey.integer(
          "scorer.http.threads",
          16,
          8,
          512,
          "Threads of the door. A request that waits, or is slow to come, holds none.");

  private HttpKeys() {}

  static List<ConfigKey<?>> all() {
    return List.of(
        PORT,
        HOST,
        TOKENS,
        TOKENS_FILE,
        TIMEOUT,
        MAX_BODY,
        MAX_BUFFERED,
        MAX_IN_FLIGHT,
        MAX_CONNECTIONS,
        REQUEST_TIMEOUT,
        IDLE_TIMEOUT,
        THREADS);
  }

  /** Null where no port is set. */
  static @Nullable DoorConfig read(Configuration configuration) {
    Optional<Integer> port = configuration.find(PORT);
    if (port.isEmpty()) {
      return null;
    }
    BearerTokens tokens =
        configuration
            .find(TOKENS)
            .map(text -> BearerTokens.parse(text, TOKENS.name()))
            .orElse(BearerTokens.NONE)
            .and(
                configuration
                    .find(TOKENS_FILE)
                    .map(file -> BearerTokens.read(file, TOKENS_FILE.name()))
                    .orElse(BearerTokens.NONE));
    return new DoorConfig(
        configuration.get(HOST),
        port.get(),
        tokens,
        configuration.get(TIMEOUT),
        Math.toIntExact(configuration.get(MAX_BODY)),
        configuration.get(MAX_BUFFERED),
        configuration.get(MAX_IN_FLIGHT),
        configuration.get(MAX_CONNECTIONS),
        configuration.get(REQUEST_TIMEOUT),
        configuration.get(IDLE_TIMEOUT),
        configuration.get(THREADS));
  }
}
