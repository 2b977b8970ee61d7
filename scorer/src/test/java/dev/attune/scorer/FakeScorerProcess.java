package dev.attune.scorer;

import dev.attune.platform.ServiceRunner;
import dev.attune.scorer.core.FakeRewards;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A scorer with fake rewards in a process of its own, so that it can be killed. */
public final class FakeScorerProcess {
  private FakeScorerProcess() {}

  public static void main(String[] arguments) {
    System.exit(
        ServiceRunner.run(
            arguments,
            ScorerConfig.keys(),
            (configuration, registry) ->
                new ScorerApp(ScorerConfig.from(configuration), registry, FakeRewards::new)));
  }

  static Process start(Map<String, String> flags, Path log) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(FakeScorerProcess.class.getName());
    flags.forEach((name, value) -> command.add("--" + name + "=" + value));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }
}
