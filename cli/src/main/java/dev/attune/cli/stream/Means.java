package dev.attune.cli.stream;

import dev.attune.cli.evaluate.CalibrationError;
import dev.attune.cli.evaluate.PairAccuracy;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Prequential figures over some choices: how often the chosen reply had the higher score (equal
 * scores count half), and of the log-odds the mean log-loss and the expected calibration error. One
 * thread at a time.
 */
final class Means {
  /** What choices are predicted by. */
  enum By {
    LONGER,
    GLOBAL,
    DOMAIN,
    PERSONAL;

    private double score(Predicted predicted) {
      return switch (this) {
        case LONGER -> predicted.longer();
        case GLOBAL -> predicted.global();
        case DOMAIN -> predicted.domain();
        case PERSONAL -> predicted.personal();
      };
    }

    /** As the field of a report. */
    String field() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Of one predictor. */
  private static final class Sums {
    final CalibrationError calibration = new CalibrationError();
    PairAccuracy accuracy = PairAccuracy.NONE;
    double logLoss;
  }

  private final Map<By, Sums> sums = new EnumMap<>(By.class);
  private long choices;

  Means() {
    for (By by : By.values()) {
      sums.put(by, new Sums());
    }
  }

  void add(Predicted predicted) {
    choices++;
    sums.forEach(
        (by, its) -> {
          double score = by.score(predicted);
          its.accuracy = its.accuracy.plus(PairAccuracy.of(score, 0));
          its.logLoss += logLoss(score);
          its.calibration.add(score, 0);
        });
  }

  /** −log σ(logOdds), in nats. */
  private static double logLoss(double logOdds) {
    return Math.max(0, -logOdds) + Math.log1p(Math.exp(-Math.abs(logOdds)));
  }

  /** How many choices there are. */
  long choices() {
    return choices;
  }

  /** From 0 to 1; NaN where there are no choices. */
  double accuracy(By by) {
    return sums.get(by).accuracy.value();
  }

  /** In nats; NaN where there are no choices, and of lengths, which are no log-odds. */
  double logLoss(By by) {
    return by == By.LONGER || choices == 0 ? Double.NaN : sums.get(by).logLoss / choices;
  }

  /** From 0 to 1; NaN as {@link #logLoss}. */
  double ece(By by) {
    return by == By.LONGER ? Double.NaN : sums.get(by).calibration.value();
  }

  /** The fields of a report; what is served to users is the personal reward. */
  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("choices", choices);
    Map<String, @Nullable Object> accuracy = new LinkedHashMap<>();
    Map<String, @Nullable Object> losses = new LinkedHashMap<>();
    Map<String, @Nullable Object> errors = new LinkedHashMap<>();
    for (By by : By.values()) {
      accuracy.put(by.field(), orNull(accuracy(by)));
      if (by != By.LONGER) {
        losses.put(by.field(), orNull(logLoss(by)));
        errors.put(by.field(), orNull(ece(by)));
      }
    }
    json.put("accuracy", accuracy);
    json.put("log_loss", orNull(logLoss(By.PERSONAL)));
    json.put("ece", orNull(ece(By.PERSONAL)));
    json.put("log_loss_by", losses);
    json.put("ece_by", errors);
    return json;
  }

  /** A figure as JSON knows it. */
  static @Nullable Double orNull(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
