package dev.attune.trainer.core;

import dev.attune.model.reward.EncodedExample.Target;
import dev.attune.model.reward.LearnedBatch;
import dev.attune.model.reward.Prediction;
import dev.attune.schemas.Domains;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.GateVerdict;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.gate.Alarms;
import dev.attune.trainer.gate.CalibrationLearner;
import dev.attune.trainer.gate.PrequentialMeter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Watches a model learn: measures what it said of events before it learned from them, calibrates
 * the rewards of its domains, and keeps what is to be reported until it is committed.
 */
final class ModelMonitor {
  /** What fades the measurements: a window of some 200 comparisons. */
  private static final double MEMORY = 0.995;

  /** The baseline that prefers the longer reply. */
  private static final String LONGER = "longer";

  private static final int CALIBRATION_EVERY = 16;
  private static final double CALIBRATION_MOVED = 0.01;

  private final String model;
  private final PrequentialMeter meter;
  private final Alarms alarms;
  private final Map<String, CalibrationLearner> calibrations = new TreeMap<>();
  private final Map<String, CalibrationCheckpoint> uncommittedCalibrations = new TreeMap<>();
  private final List<Measurement> uncommitted = new ArrayList<>();

  /** Of a model that begins. */
  ModelMonitor(String model) {
    this.model = model;
    this.meter = new PrequentialMeter(MEMORY);
    this.alarms = new Alarms();
  }

  /** Of a model that goes on. */
  ModelMonitor(String model, TrainingState state) {
    this.model = model;
    this.meter = PrequentialMeter.restore(state.meter());
    this.alarms = Alarms.restore(state.alarms());
    state
        .calibrations()
        .forEach(
            (domain, bytes) ->
                calibrations.put(
                    domain,
                    CalibrationLearner.restore(CALIBRATION_EVERY, CALIBRATION_MOVED, bytes)));
  }

  /** Takes a bucket with the batches that its acceptance made full. */
  void observe(PreferenceBucket bucket, List<LearnedBatch> batches) {
    CalibrationLearner served = calibration(bucket.getDomain());
    for (Feedback feedback : bucket.getFeedback()) {
      served.observe(feedback);
    }
    for (LearnedBatch batch : batches) {
      watched(() -> alarms.learned(batch));
      batch.predictions().forEach(prediction -> measure(prediction, bucket.getDomain()));
    }
    calibrations.forEach(
        (domain, learner) -> {
          if (learner.publish()) {
            uncommittedCalibrations.put(
                domain, new CalibrationCheckpoint(domain, model, learner.calibration()));
          }
        });
  }

  private CalibrationLearner calibration(String domain) {
    return calibrations.computeIfAbsent(
        domain, any -> new CalibrationLearner(CALIBRATION_EVERY, CALIBRATION_MOVED));
  }

  private void measure(Prediction prediction, String domain) {
    calibration(domain(prediction, domain)).observe(prediction);
    List<Target> targets = prediction.example().targets();
    int pairs = prediction.example().pairs().size();
    for (int i = 0; i < targets.size(); i++) {
      Target target = targets.get(i);
      meter.add(
          prediction.own()[i],
          target.target(),
          target.weight(),
          i < pairs ? Map.of(LONGER, Math.signum((double) target.longer())) : Map.of());
    }
  }

  /** The domain that an example came from: a full batch of general has those of several. */
  private static String domain(Prediction prediction, String bucketDomain) {
    String head = prediction.example().head();
    if (!Domains.isGeneral(bucketDomain)) {
      return bucketDomain;
    }
    return head.equals(Domains.POOLED_HEAD) ? Domains.GENERAL : Domains.GENERAL + "." + head;
  }

  /**
   * Losses have risen.
   *
   * @param agreed whether they have for many established users
   */
  void drifted(long event, boolean agreed) {
    uncommitted.add(
        new Measurement(
            "drift", Map.of("event", (double) event, "agreed", agreed ? 1.0 : 0.0), Map.of()));
  }

  /**
   * A version is new.
   *
   * @param differs whether its weights are others than those of the version before
   */
  void published(boolean differs) {
    watched(() -> alarms.published(differs));
  }

  /** Reports the alarms that something raises or ends. */
  private void watched(Runnable something) {
    Map<String, Boolean> before = alarms.raised();
    something.run();
    alarms
        .raised()
        .forEach(
            (alarm, raised) -> {
              if (!raised.equals(before.get(alarm))) {
                uncommitted.add(
                    new Measurement(
                        "alarm", Map.of("raised", raised ? 1.0 : 0.0), Map.of("alarm", alarm)));
              }
            });
  }

  /** The gate has decided. */
  void decided(GateVerdict verdict) {
    watched(() -> alarms.decided(verdict));
    uncommitted.add(
        new Measurement(
            "gate",
            Map.of(
                "window", (double) verdict.getWindow(),
                "gain", verdict.getGain(),
                "anchors", (double) verdict.getAnchors(),
                "anchorEvidence", verdict.getAnchorEvidence(),
                "general", (double) verdict.getGeneral(),
                "generalEvidence", verdict.getGeneralEvidence(),
                "failures", (double) verdict.getFailures()),
            Map.of("decision", verdict.getDecision().name())));
  }

  /** What is measured now. */
  Map<String, Double> metrics() {
    return meter.metrics();
  }

  byte[] meter() {
    return meter.toBytes();
  }

  Map<String, byte[]> calibrations() {
    Map<String, byte[]> states = new HashMap<>();
    calibrations.forEach((domain, learner) -> states.put(domain, learner.toBytes()));
    return states;
  }

  /** What is to be reported, the present measurements included. */
  List<Measurement> measurements() {
    List<Measurement> all = new ArrayList<>(uncommitted);
    if (!metrics().isEmpty()) {
      all.add(new Measurement("prequential", metrics(), Map.of()));
    }
    return all;
  }

  /** Calibrations that are to be published. */
  List<CalibrationCheckpoint> changedCalibrations() {
    return List.copyOf(uncommittedCalibrations.values());
  }

  /** The alarms that can be raised, and whether they are. */
  Map<String, Boolean> alarms() {
    return alarms.raised();
  }

  byte[] alarmsState() {
    return alarms.toBytes();
  }

  /** Says that all of it was committed. */
  void committed() {
    uncommitted.clear();
    uncommittedCalibrations.clear();
  }
}
