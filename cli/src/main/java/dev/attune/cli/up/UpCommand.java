package dev.attune.cli.up;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.stack.DemoBase;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.stack.StackConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune up}: broker, registry and the three services, until they are stopped. */
@Command(
    name = "up",
    description = {
      "Run broker, registry, ingest, trainer and scorer in this process until it is stopped.",
      "With --bootstrap and --registry: the three services against that cluster."
    },
    footer = {
      "",
      "Data is kept in --data over restarts; a process that was killed goes on where it was.",
      "With --json the addresses are written to FILE once all services are ready."
    })
public final class UpCommand implements Callable<Integer> {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(30);
  private static final long HEALTH_CHECK_MILLIS = 500;

  @Mixin private CommonOptions common;
  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = ".attune",
      description = "Where broker and services keep their data (default: ${DEFAULT-VALUE}).")
  private Path data;

  @Option(
      names = "--base",
      paramLabel = "DIR",
      description =
          "The base model, a Hugging Face folder (default: a small one trained on the sample"
              + " conversations at first use).")
  private @Nullable Path base;

  @Option(
      names = "--port",
      paramLabel = "P",
      defaultValue = "" + ClusterOptions.BROKER_PORT,
      description = "The broker's port; 0 takes a free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--registry-port",
      paramLabel = "P",
      defaultValue = "" + ClusterOptions.REGISTRY_PORT,
      description = "The registry's port; 0 takes a free one (default: ${DEFAULT-VALUE}).")
  private int registryPort;

  @Option(
      names = "--management-port",
      paramLabel = "P",
      defaultValue = "18080",
      description =
          "Port of /livez, /readyz and /metrics; 0 takes a free one (default: ${DEFAULT-VALUE}).")
  private int managementPort;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting of a service, as in docs/configuration.md; may be repeated.")
  private Map<String, String> settings = new HashMap<>();

  private final CountDownLatch stop = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  @Override
  public Integer call() throws IOException, InterruptedException {
    Console console = common.console();
    Files.createDirectories(data);
    if (base != null && !Files.isDirectory(base)) {
      throw new CliException("--base " + base + ": no such folder");
    }
    Path baseDir = base != null ? base : DemoBase.get(console);
    Map<String, String> all = new LinkedHashMap<>(cluster.serviceSettings());
    all.putAll(settings);
    StackConfig config =
        new StackConfig(
            data.toAbsolutePath(),
            baseDir.toAbsolutePath(),
            port,
            registryPort,
            managementPort,
            all);
    Thread hook = new Thread(this::stopAndWait, "attune-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try (LocalStack stack = LocalStack.start(config, console)) {
      stack.awaitReady(START_LIMIT);
      tell(stack, console);
      while (stack.live() && !stop.await(HEALTH_CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
        // Looks at the services' health again.
      }
      if (!stack.live()) {
        throw new CliException("a service has failed: " + stack.failed() + "; see the log");
      }
    } finally {
      closed.countDown();
    }
    return 0;
  }

  private void tell(LocalStack stack, Console console) {
    String management = "http://127.0.0.1:" + stack.managementPort();
    console.print("ready");
    console.print("  broker      " + stack.bootstrapServers());
    console.print("  registry    " + stack.registryUrl());
    console.print("  management  " + management + "/readyz, /livez, /metrics");
    console.print("  data        " + data.toAbsolutePath().normalize());
    console.print("Stop with Ctrl-C.");
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("bootstrap", stack.bootstrapServers());
    report.put("registry", stack.registryUrl());
    report.put("management", management);
    report.put("data", data.toAbsolutePath().normalize().toString());
    report.put("base", stack.base().sha256());
    JsonReport.write(common.json(), report);
  }

  private void stopAndWait() {
    stop.countDown();
    try {
      if (!closed.await(CLOSE_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        // Whatever hangs, the process ends; what it did not commit is done again after a restart.
        Runtime.getRuntime().halt(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
