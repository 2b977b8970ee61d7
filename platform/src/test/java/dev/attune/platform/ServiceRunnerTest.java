package dev.attune.platform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ServiceRunnerTest {
  private static final ConfigKey<Integer> SIZE = ConfigKey.integer("fake.size", 1, 1, 9, "A size.");

  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  /** Runs in a process of its own, to be stopped by a signal. */
  public static final class StoppableMain {
    private StoppableMain() {}

    public static void main(String[] arguments) {
      FakeService service =
          new FakeService(() -> System.out.println("started")) {
            @Override
            public void close() {
              System.out.println("closed");
              super.close();
            }
          };
      System.exit(ServiceRunner.run(arguments, List.of(), (configuration, meters) -> service));
    }
  }

  @Test
  void shouldExitWithOneLineOnAWrongSetting() {
    // Given
    String[] arguments = {"--management.port=0", "--fake.size=10"};

    // When
    int code = run(arguments, new FakeService(() -> {}));

    // Then
    assertThat(code).isEqualTo(ServiceRunner.MISCONFIGURED);
    assertThat(errors.toString(UTF_8))
        .isEqualTo(
            "error: fake.size = '10' (from the flag --fake.size) is not allowed: must be 1 to 9"
                + System.lineSeparator());
  }

  @Test
  void shouldExitOnAnUnknownArgument() {
    // Given
    String[] arguments = {"-x"};

    // When
    int code = run(arguments, new FakeService(() -> {}));

    // Then
    assertThat(code).isEqualTo(ServiceRunner.MISCONFIGURED);
    assertThat(errors.toString(UTF_8)).contains("-x").contains("--config FILE");
  }

  @Test
  void shouldCloseAndReportAServiceThatDoesNotStart() {
    // Given
    FakeService service =
        new FakeService(
            () -> {
              throw new IllegalStateException("no");
            });

    // When
    int code = run(new String[] {"--management.port=0"}, service);

    // Then
    assertThat(code).isEqualTo(ServiceRunner.FAILED);
    assertThat(service.closed).isTrue();
  }

  @Test
  void shouldStopWhenItsServiceHasFailed() throws Exception {
    // Given
    FakeService service = new FakeService(() -> {});
    CompletableFuture<Integer> code =
        CompletableFuture.supplyAsync(() -> run(new String[] {"--management.port=0"}, service));
    await().until(service::ready);

    // When
    service.live = false;

    // Then
    assertThat(code.get(10, TimeUnit.SECONDS)).isEqualTo(ServiceRunner.FAILED);
    assertThat(service.closed).isTrue();
  }

  @Test
  void shouldCloseItsServiceWhenTheProcessIsToldToStop() throws Exception {
    // Given
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                StoppableMain.class.getName(),
                "--management.port=0")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader output = process.inputReader(UTF_8);
    String first = output.readLine();

    // When
    process.toHandle().destroy();

    // Then
    assertThat(first).isEqualTo("started");
    assertThat(output.readLine()).isEqualTo("closed");
    assertThat(process.waitFor()).isEqualTo(143);
  }

  private int run(String[] arguments, FakeService service) {
    return ServiceRunner.run(
        arguments,
        Map.of(),
        new PrintStream(errors, true, UTF_8),
        List.of(SIZE),
        (configuration, meters) -> {
          configuration.get(SIZE);
          return service;
        });
  }
}
