package dev.attune.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.model.reward.LearnerCounts;
import dev.attune.platform.Meters;
import dev.attune.trainer.core.Measurement;
import dev.attune.trainer.core.ModelCheckpoint;
import dev.attune.trainer.kafka.policy.PolicyMetrics;
import dev.attune.trainer.kafka.users.UsersMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The manual explains every meter and every alarm, and the alert rules name only such. */
class MetricsManualTest {
  private static final String USERS = "attune.trainer.users.";
  private static final Path MANUAL = Path.of("..", "docs", "trainer.md");
  private static final Path ALERTS = Path.of("..", "deploy", "prometheus", "trainer-alerts.yml");

  @Test
  void shouldExplainEveryMeter() throws IOException {
    // When
    Set<String> names = meters();

    // Then
    String manual = Files.readString(MANUAL);
    assertThat(names).contains("attune.trainer.lag", "attune.trainer.recoveries");
    // Where several stand in a row of the table, the later ones have an ellipsis.
    assertThat(names)
        .allSatisfy(
            name ->
                assertThat(manual)
                    .containsAnyOf("`" + name + "`", "`" + name.replace(USERS, "….") + "`"));
  }

  @Test
  void shouldAlertOnlyOnMetersThatThereAre() throws IOException {
    // Given
    String endpoint = scraped();

    // When
    List<String> names = matches("\\b(attune_[a-z_]+[a-z])", Files.readString(ALERTS));

    // Then
    assertThat(names).hasSizeGreaterThan(4);
    assertThat(names).allSatisfy(name -> assertThat(endpoint).contains("# TYPE " + name + " "));
  }

  @Test
  void shouldSayWhatToDoForEveryAlert() throws IOException {
    // When
    List<String> alerts = matches("- alert: (\\w+)", Files.readString(ALERTS));

    // Then
    String manual = Files.readString(MANUAL);
    assertThat(alerts).isNotEmpty();
    assertThat(alerts).allSatisfy(alert -> assertThat(manual).contains("`" + alert));
  }

  private static Set<String> meters() {
    PrometheusMeterRegistry registry = registered();
    try {
      Set<String> names = new TreeSet<>();
      registry.getMeters().forEach(meter -> names.add(meter.getId().getName()));
      // The others are every service's: the process, the machine, the build.
      names.removeIf(
          name -> !name.startsWith("attune.trainer.") && !name.startsWith("attune.policy."));
      return names;
    } finally {
      registry.close();
    }
  }

  private static String scraped() {
    PrometheusMeterRegistry registry = registered();
    try {
      return registry.scrape();
    } finally {
      registry.close();
    }
  }

  /** Every meter that there is from the start, and those that come with a model. */
  private static PrometheusMeterRegistry registered() {
    PrometheusMeterRegistry registry = Meters.registry();
    new UsersMetrics(registry);
    new PolicyMetrics(registry);
    new TrainerMetrics(registry)
        .ofModels()
        .committed(
            new ModelCheckpoint(
                "domain/law",
                Optional.empty(),
                1,
                true,
                false,
                Optional.empty(),
                new byte[0],
                new byte[0],
                new LearnerCounts(0, 0, 0, 0, 0, 0, 0, 0),
                Map.of("accuracy", 0.5),
                Optional.empty(),
                List.of(
                    new Measurement("gate", Map.of(), Map.of("decision", "PUBLISHED")),
                    new Measurement("drift", Map.of(), Map.of())),
                Map.of("refused", true),
                List.of()));
    return registry;
  }

  private static List<String> matches(String regex, String text) {
    return Pattern.compile(regex)
        .matcher(text)
        .results()
        .map((MatchResult found) -> found.group(1))
        .distinct()
        .toList();
  }
}
