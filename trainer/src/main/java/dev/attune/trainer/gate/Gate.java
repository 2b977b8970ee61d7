package dev.attune.trainer.gate;

import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.Prediction;
import dev.attune.model.reward.UserKey;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Decides whether a model's candidate may replace what is served. Decisions are due by counts of
 * events. A candidate is published when all of this holds:
 *
 * <ul>
 *   <li>on the window, the model's last events since the last publication that neither had learned
 *       from, its mean log-loss is lower by {@link GateConfig#minimumGain}; its own predictions are
 *       those from before it learned from each, the serving version is asked;
 *   <li>on the anchors, the model's earlier events, and on the general set its mean log-loss is not
 *       higher by more than the margins, and no {@link EProcess} finds it to be;
 *   <li>losses have not just risen ({@link DriftDetector}): what made them rise could not be seen
 *       on the anchors yet.
 * </ul>
 *
 * Where a test finds it worse it is refused, and after so many refusals given up: training then
 * goes on from the serving version. Otherwise nothing is decided, and it goes on training.
 *
 * <p>A stream whose labels are wrong from some event on looks fine on its own window. So anchors
 * come from before it: the first events fill them up, and later ones replace some only when a
 * version is published, and only events that had left the window by then and that no refusal
 * followed. A lasting change of taste is refused for the same reason, again and again, until an
 * operator decides.
 */
public final class Gate {
  private static final int MAGIC = 0x41544731; // "ATG1"

  private final GateConfig config;
  private final List<HeldEvent> window = new ArrayList<>();
  private final List<HeldEvent> general = new ArrayList<>();
  private Reservoir anchors;
  private Reservoir pool;
  private DriftDetector drift = new DriftDetector();
  private UserAgreement agreement = new UserAgreement();
  private long events;
  private long lastDecision;
  private long lastChange;
  private long trustedAfter;
  private boolean filling = true;
  private int failures;

  /**
   * Starts a model's gate.
   *
   * @param seed decides which events become anchors
   * @param generalSet what a domain's candidate must not be worse on; empty for the general model
   */
  public Gate(GateConfig config, long seed, List<EncodedExample> generalSet) {
    this.config = config;
    anchors = new Reservoir(config.anchors(), config.perUser(), seed);
    pool = anchors.copy();
    generalSet.stream()
        .limit(config.general())
        .forEach(example -> general.add(new HeldEvent(0, example, Double.NaN)));
  }

  /**
   * Takes the next event that was learned from, with what the candidate said before.
   *
   * @return whether losses have risen: a change is marked at this event
   */
  public boolean observe(Prediction candidate) {
    events++;
    double loss = candidate.loss();
    HeldEvent event = new HeldEvent(events, candidate.example(), loss);
    if (filling && events > config.anchorsAfter()) {
      anchors.offer(event.unscored());
      if (anchors.full()) {
        stopFilling();
      }
    }
    window.add(event);
    List<HeldEvent> own =
        event.user() == UserKey.NONE
            ? List.of()
            : window.stream().filter(held -> held.user() == event.user()).toList();
    if (own.size() > config.perUser()) {
      leave(own.get(0));
    } else if (window.size() > config.window()) {
      leave(window.get(0));
    }
    agreement.observe(event.user(), loss);
    boolean changed = drift.add(loss);
    if (changed) {
      lastChange = events;
    }
    return changed;
  }

  private void leave(HeldEvent event) {
    window.remove(event);
    if (!filling && event.number() > trustedAfter) {
      pool.offer(event.unscored());
    }
  }

  /** From now on anchors change only with a publication. */
  private void stopFilling() {
    if (filling) {
      filling = false;
      distrust();
    }
  }

  /** Returns whether enough events have come since the last decision. */
  public boolean due() {
    return events - lastDecision
        >= Math.max(config.minimumEvents(), (long) (config.share() * events));
  }

  /**
   * Decides. After PUBLISHED the candidate is what is served; after FELL_BACK the caller takes the
   * learner back to the serving version.
   *
   * @param serving what is served now; the general model where the domain has no version yet, and
   *     {@link Predictor#untrained} for the general model's own first
   * @param candidate the weights that would be published
   */
  public GateVerdict decide(Predictor serving, Predictor candidate) {
    lastDecision = events;
    GateVerdict verdict = verdict(GateDecision.UNDECIDED, "");
    verdict.setWindow(window.size());
    verdict.setAnchors(anchors.kept().size());
    verdict.setGeneral(general.size());
    int fewest = Math.min(window.size(), anchors.kept().size());
    if (fewest < config.minimumEvents()) {
      verdict.setReason(
          "%d events to test on (at most %d of a user), %d are asked for"
              .formatted(fewest, config.perUser(), config.minimumEvents()));
      return verdict;
    }
    askServing(serving);
    List<HeldEvent> fixed = Stream.concat(anchors.kept().stream(), general.stream()).toList();
    List<Prediction> asked = candidate.predict(fixed.stream().map(HeldEvent::example).toList());
    int own = anchors.kept().size();
    Test onAnchors = new Test(config.margin(), config.bound());
    Test onGeneral = new Test(config.generalMargin(), config.bound());
    for (int i = 0; i < fixed.size(); i++) {
      Test test = i < own ? onAnchors : onGeneral;
      test.add(asked.get(i).loss(), fixed.get(i).servingLoss());
    }
    verdict.setGain(
        window.stream().mapToDouble(event -> event.servingLoss() - event.candidateLoss()).sum()
            / window.size());
    verdict.setAnchorEvidence(onAnchors.evidence.evidence());
    verdict.setGeneralEvidence(onGeneral.evidence.evidence());
    conclude(verdict, onAnchors, onGeneral);
    if (verdict.getDecision() == GateDecision.PUBLISHED) {
      nowServed(fixed, asked);
    }
    return verdict;
  }

  private void conclude(GateVerdict verdict, Test onAnchors, Test onGeneral) {
    String worse = found(onAnchors, " the anchors") + found(onGeneral, " the general set");
    if (!worse.isEmpty()) {
      refuse(verdict, "worse on" + worse);
    } else if (lastChange > 0 && events - lastChange < config.minimumEvents()) {
      verdict.setReason("losses rose %d events ago".formatted(events - lastChange));
    } else if (verdict.getGain() < config.minimumGain()) {
      verdict.setReason(text("not better on the window: by %.4f nats", verdict.getGain()));
    } else if (onAnchors.mean() > config.margin()) {
      verdict.setReason(text("not as good on the anchors: worse by %.4f nats", onAnchors.mean()));
    } else if (onGeneral.mean() > config.generalMargin()) {
      verdict.setReason(
          text("not as good on the general set: worse by %.4f nats", onGeneral.mean()));
    } else {
      verdict.setDecision(GateDecision.PUBLISHED);
      verdict.setReason(text("better on the window by %.4f nats", verdict.getGain()));
      verdict.setFailures(0);
      published();
    }
  }

  private void published() {
    failures = 0;
    stopFilling();
    anchors = pool.copy();
    servingChanged();
    // What comes is compared with a version that has learned these.
    List.copyOf(window).forEach(this::leave);
  }

  /**
   * The candidate is what is served now, so what it said of events need not be asked again.
   *
   * @param asked the anchors of before, and the general set
   */
  private void nowServed(List<HeldEvent> asked, List<Prediction> said) {
    Map<Long, HeldEvent> kept = new HashMap<>();
    anchors.kept().forEach(event -> kept.put(event.number(), event));
    for (int i = 0; i < asked.size(); i++) {
      HeldEvent event = asked.get(i);
      kept.getOrDefault(event.number(), event).setServingLoss(said.get(i).loss());
    }
  }

  private void servingChanged() {
    Stream.of(anchors.kept(), general)
        .flatMap(List::stream)
        .forEach(event -> event.setServingLoss(Double.NaN));
  }

  private String found(Test test, String where) {
    return test.evidence.evidence() < 1 / config.alpha()
        ? ""
        : text("%s by %.4f nats (evidence %.3g),", where, test.mean(), test.evidence.evidence());
  }

  private void refuse(GateVerdict verdict, String reason) {
    failures++;
    boolean givenUp = failures >= config.refusals();
    verdict.setFailures(failures);
    verdict.setDecision(givenUp ? GateDecision.FELL_BACK : GateDecision.REFUSED);
    verdict.setReason("%s refusal %d of %d".formatted(reason, failures, config.refusals()));
    stopFilling();
    distrust();
    if (givenUp) {
      abandon();
    }
  }

  /** The window's predictions are those of a candidate that is no more. */
  private void abandon() {
    failures = 0;
    window.clear();
  }

  /** What came since the last publication never becomes an anchor. */
  private void distrust() {
    trustedAfter = events;
    pool = anchors.copy();
  }

  /** An operator holds the model at a version: nothing is decided until enough events have come. */
  public GateVerdict pinned() {
    lastDecision = events;
    return verdict(GateDecision.PINNED, "an operator holds the model at a version");
  }

  /** An operator went back to a version: the candidate is given up, and its events distrusted. */
  public GateVerdict rolledBack() {
    lastDecision = events;
    stopFilling();
    distrust();
    abandon();
    servingChanged();
    return verdict(GateDecision.ROLLED_BACK, "an operator went back to an earlier version");
  }

  private GateVerdict verdict(GateDecision decision, String reason) {
    return GateVerdict.newBuilder()
        .setDecision(decision)
        .setReason(reason)
        .setEvents(events)
        .setFailures(failures)
        .build();
  }

  /** Asks the serving version about the events that it was not asked about yet. */
  private void askServing(Predictor serving) {
    List<HeldEvent> unknown =
        Stream.of(window, anchors.kept(), general)
            .flatMap(List::stream)
            .filter(event -> Double.isNaN(event.servingLoss()))
            .toList();
    List<Prediction> answers = serving.predict(unknown.stream().map(HeldEvent::example).toList());
    for (int i = 0; i < unknown.size(); i++) {
      unknown.get(i).setServingLoss(answers.get(i).loss());
    }
  }

  /** Paired differences of log-loss, candidate less serving version. */
  private static final class Test {
    private final EProcess evidence;
    private double sum;
    private int count;

    Test(double margin, double bound) {
      evidence = new EProcess(margin, bound);
    }

    void add(double candidateLoss, double servingLoss) {
      double difference = candidateLoss - servingLoss;
      evidence.add(difference);
      sum += difference;
      count++;
    }

    double mean() {
      return count == 0 ? 0 : sum / count;
    }
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** Returns how many events were observed. */
  public long events() {
    return events;
  }

  /** Returns the event at which losses last rose, counted from 1; 0 where they never did. */
  public long lastChange() {
    return lastChange;
  }

  /**
   * Returns whether losses are higher for many established users: only then is a change worth a
   * higher learning rate.
   */
  public boolean agreed() {
    return agreement.agreed();
  }

  /**
   * Drops a user's events from the window, the anchors and the general set.
   *
   * @param user a {@link UserKey}
   * @return whether there was anything of the user
   */
  public boolean forget(long user) {
    boolean held = window.removeIf(event -> event.user() == user);
    held |= general.removeIf(event -> event.user() == user);
    held |= anchors.forget(user);
    held |= pool.forget(user);
    held |= agreement.forget(user);
    return held;
  }

  /** Returns the state; {@link #restore} goes on from it bit for bit. */
  public byte[] toBytes() {
    return StateWriter.write(
        MAGIC,
        out -> {
          out.writeLong(events);
          out.writeLong(lastDecision);
          out.writeLong(lastChange);
          out.writeLong(trustedAfter);
          out.writeBoolean(filling);
          out.writeInt(failures);
          StateWriter.bytes(out, drift.toBytes());
          StateWriter.bytes(out, agreement.toBytes());
          write(out, window);
          write(out, general);
          anchors.write(out);
          pool.write(out);
        });
  }

  /**
   * Goes on from a state.
   *
   * @throws IllegalArgumentException if the bytes are no gate's state
   */
  public static Gate restore(GateConfig config, byte[] state) {
    return StateReader.read(
        "a gate",
        MAGIC,
        state,
        in -> {
          Gate gate = new Gate(config, 0, List.of());
          gate.events = in.readLong();
          gate.lastDecision = in.readLong();
          gate.lastChange = in.readLong();
          gate.trustedAfter = in.readLong();
          gate.filling = in.readBoolean();
          gate.failures = in.readInt();
          gate.drift = DriftDetector.restore(StateReader.bytes(in));
          gate.agreement = UserAgreement.restore(StateReader.bytes(in));
          gate.window.addAll(read(in));
          gate.general.addAll(read(in));
          gate.anchors = Reservoir.read(config.anchors(), config.perUser(), in);
          gate.pool = Reservoir.read(config.anchors(), config.perUser(), in);
          return gate;
        });
  }

  private static void write(DataOutputStream out, List<HeldEvent> events) throws IOException {
    out.writeInt(events.size());
    for (HeldEvent event : events) {
      event.write(out);
    }
  }

  private static List<HeldEvent> read(DataInputStream in) throws IOException {
    List<HeldEvent> events = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      events.add(HeldEvent.read(in));
    }
    return events;
  }
}
