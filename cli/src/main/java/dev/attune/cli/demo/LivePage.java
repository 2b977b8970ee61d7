package dev.attune.cli.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.CliException;
import io.javalin.Javalin;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Supplier;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The demo's live page on the loopback address: one HTML page that needs nothing but itself, and
 * the state that it polls as JSON.
 */
final class LivePage implements AutoCloseable {
  private static final String RESOURCE = "live.html";
  private static final int THREADS = 6;
  private static final int IDLE_MS = 60_000;

  private final Javalin server;

  private LivePage(Javalin server) {
    this.server = server;
  }

  /**
   * Serves until closed.
   *
   * @param port 0: a free one
   * @param state asked at each poll; maps, lists, numbers and strings
   */
  static LivePage start(int port, Supplier<Object> state) {
    String html = html();
    ObjectMapper json = new ObjectMapper();
    Javalin server =
        Javalin.create(
            config -> {
              config.showJavalinBanner = false;
              config.startupWatcherEnabled = false;
              config.jetty.threadPool = new QueuedThreadPool(THREADS, 1, IDLE_MS);
            });
    server.get("/", context -> context.html(html));
    server.get(
        "/state",
        context -> context.contentType("application/json").result(write(json, state.get())));
    try {
      server.start("127.0.0.1", port);
    } catch (RuntimeException e) {
      server.stop();
      throw new CliException("--port " + port + ": cannot listen on it", e);
    }
    return new LivePage(server);
  }

  String url() {
    return "http://127.0.0.1:" + server.port() + "/";
  }

  private static String write(ObjectMapper json, Object state) {
    try {
      return json.writeValueAsString(state);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String html() {
    try (InputStream in = Objects.requireNonNull(LivePage.class.getResourceAsStream(RESOURCE))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    server.stop();
  }
}
