package dev.attune.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A real Apicurio Registry in a process of its own, on a free port of the loopback and with nothing
 * kept on disk. It ends with this process at the latest.
 */
final class ApicurioServer implements AutoCloseable {
  private static final Path RUNNER = Path.of(System.getProperty("attune.interop.apicurio"));
  private static final Pattern LISTENING =
      Pattern.compile("Listening on: (http://127\\.0\\.0\\.1:\\d+)");
  private static final Duration START = Duration.ofSeconds(60);

  private final Process process;
  private final String url;

  private ApicurioServer(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  /**
   * Starts a server and waits until it answers.
   *
   * @param dir its working folder; the log stays there
   */
  static ApicurioServer start(Path dir) {
    Path log = dir.resolve("apicurio.log");
    Process process = launch(dir, log);
    try {
      String url =
          await().atMost(START).until(() -> address(process, log), found -> !found.isEmpty());
      ApicurioServer server = new ApicurioServer(process, url + "/apis/ccompat/v7");
      await()
          .atMost(START)
          .untilAsserted(() -> assertThat(status(server.url() + "/subjects")).isEqualTo(200));
      return server;
    } catch (RuntimeException | Error e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** What clients give as {@code schema.registry.url}. */
  String url() {
    return url;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    await().until(() -> !process.isAlive());
  }

  private static Process launch(Path dir, Path log) {
    String own =
        Path.of(
                URI.create(
                    Tethered.class.getProtectionDomain().getCodeSource().getLocation().toString()))
            .toString();
    List<String> command =
        List.of(
            ProcessHandle.current().info().command().orElse("java"),
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Djava.io.tmpdir=" + dir,
            "-Dquarkus.http.host=127.0.0.1",
            "-Dquarkus.http.port=0",
            "-cp",
            own + File.pathSeparator + RUNNER,
            Tethered.class.getName(),
            "io.quarkus.runner.GeneratedMain");
    try {
      return new ProcessBuilder(command)
          .directory(dir.toFile())
          .redirectErrorStream(true)
          .redirectOutput(log.toFile())
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String address(Process process, Path log) throws IOException {
    String text = Files.readString(log);
    if (!process.isAlive()) {
      throw new IllegalStateException("Apicurio Registry ended by itself:\n" + text);
    }
    Matcher listening = LISTENING.matcher(text);
    return listening.find() ? listening.group(1) : "";
  }

  private static int status(String url) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
  }
}
