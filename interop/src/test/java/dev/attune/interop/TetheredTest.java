package dev.attune.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class TetheredTest {
  @Test
  void shouldEndWithTheProcessThatStartedIt() throws Exception {
    // Given
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                Tethered.class.getName(),
                Forever.class.getName())
            .start();
    assumeRunning(process);
    // When
    process.getOutputStream().close();
    // Then
    assertThat(process.waitFor()).isEqualTo(1);
  }

  private static void assumeRunning(Process process) throws Exception {
    process.getInputStream().read();
  }

  /** Says that it runs, and never ends. */
  static final class Forever {
    private Forever() {}

    public static void main(String[] args) throws Exception {
      System.out.println("running");
      Thread.currentThread().join();
    }
  }
}
