package dev.attune.cli.chaos;

import dev.attune.cli.chaos.LearnedAccount.Lessons;
import dev.attune.cli.chaos.TrainTally.ModelRow;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.UserEmbedding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Compares what a run with kills published with what an undisturbed run on the same buckets did,
 * and both with what the buckets say. Pure functions.
 */
final class TrainAudit {
  /** Of a manifest: when and between which records a checkpoint fell, which kills may change. */
  private static final Set<String> BY_CHANCE = Set.of("positions", "publishedAt");

  /** The same of a calibration, which is numbered by the checkpoints that it was part of. */
  private static final Set<String> BY_CHANCE_OF_CALIBRATIONS =
      Set.of("positions", "publishedAt", "version", "parent");

  private static final String PENDING_COMPARISONS = "pendingComparisons";
  private static final String PENDING_JUDGEMENTS = "pendingJudgements";

  private TrainAudit() {}

  static TrainTally compare(LearnedAccount undisturbed, LearnedAccount disturbed) {
    List<ModelRow> models = new ArrayList<>();
    for (String name : union(undisturbed.models(), disturbed.models(), disturbed.ofModels())) {
      if (!name.equals(ModelKeys.POLICY)) {
        models.add(row(name, undisturbed, disturbed));
      }
    }
    return new TrainTally(
        disturbed.buckets(),
        disturbed.retractions(),
        disturbed.erasures(),
        different(undisturbed.bucketHashes(), disturbed.bucketHashes()),
        models,
        changed(undisturbed.versions(), disturbed.versions()),
        undisturbed.republished() + disturbed.republished(),
        users(undisturbed, disturbed));
  }

  private static ModelRow row(String name, LearnedAccount undisturbed, LearnedAccount disturbed) {
    ModelVersion expected = undisturbed.models().get(name);
    ModelVersion found = disturbed.models().get(name);
    Lessons lessons = disturbed.ofModels().getOrDefault(name, Lessons.NONE);
    boolean counted =
        !ModelKeys.isReward(name)
            || (counts(lessons, taken(undisturbed, name))
                && counts(lessons, taken(disturbed, name)));
    return new ModelRow(
        name,
        found == null ? 0 : found.getVersion(),
        found == null ? "" : found.getWeights().getSha256(),
        found == null ? "" : found.getState().getSha256(),
        lessons.comparisons(),
        taken(undisturbed, name).comparisons(),
        taken(disturbed, name).comparisons(),
        differences(
            expected,
            found,
            ModelKeys.calibrationDomain(name).isPresent() ? BY_CHANCE_OF_CALIBRATIONS : BY_CHANCE),
        counted);
  }

  /** Events that wait for more are not counted in a manifest, what they teach is. */
  private static boolean counts(Lessons expected, Lessons taken) {
    return expected.comparisons() == taken.comparisons()
        && expected.judgements() == taken.judgements();
  }

  /** What a model has taken up: what it learned from, and what waits in its state for more. */
  private static Lessons taken(LearnedAccount account, String name) {
    ModelVersion manifest = account.models().get(name);
    return manifest == null
        ? Lessons.NONE
        : new Lessons(
            manifest.getEvents(),
            manifest.getComparisons() + pending(manifest, PENDING_COMPARISONS),
            manifest.getJudgements() + pending(manifest, PENDING_JUDGEMENTS));
  }

  private static long pending(ModelVersion manifest, String metric) {
    return Math.round(manifest.getMetrics().getOrDefault(metric, 0.0));
  }

  private static TrainTally.Users users(LearnedAccount undisturbed, LearnedAccount disturbed) {
    long different = 0;
    Set<String> fields = new TreeSet<>();
    for (String user : union(undisturbed.users(), disturbed.users())) {
      List<String> found = differences(undisturbed.users().get(user), disturbed.users().get(user));
      fields.addAll(found);
      different += found.isEmpty() ? 0 : 1;
    }
    Map<String, Lessons> expected = new TreeMap<>(disturbed.ofUsers());
    long miscounted = 0;
    for (String user : union(expected, disturbed.users())) {
      boolean right =
          expected.containsKey(user)
              && expected.get(user).equals(learned(disturbed.users().get(user)))
              && expected.get(user).equals(learned(undisturbed.users().get(user)));
      miscounted += right ? 0 : 1;
    }
    return new TrainTally.Users(
        disturbed.users().size(),
        disturbed.users().values().stream().mapToLong(UserEmbedding::getRowEvents).sum(),
        sum(expected).comparisons(),
        comparisons(undisturbed),
        comparisons(disturbed),
        different,
        List.copyOf(fields),
        miscounted);
  }

  private static @Nullable Lessons learned(@Nullable UserEmbedding state) {
    return state == null
        ? null
        : new Lessons(state.getEvents(), state.getComparisons(), state.getJudgements());
  }

  private static long comparisons(LearnedAccount account) {
    return account.users().values().stream().mapToLong(UserEmbedding::getComparisons).sum();
  }

  private static Lessons sum(Map<String, Lessons> lessons) {
    return lessons.values().stream().reduce(Lessons.NONE, Lessons::plus);
  }

  /** The names of the fields that differ; "missing" where there is no such record. */
  private static List<String> differences(
      @Nullable SpecificRecord expected, @Nullable SpecificRecord found, Set<String> byChance) {
    if (expected == null || found == null) {
      return expected == null && found == null ? List.of() : List.of("missing");
    }
    List<String> different = new ArrayList<>();
    for (Schema.Field field : expected.getSchema().getFields()) {
      if (!byChance.contains(field.name())
          && !Objects.equals(expected.get(field.pos()), found.get(field.pos()))) {
        different.add(field.name());
      }
    }
    return different;
  }

  private static long different(Map<String, ?> expected, Map<String, ?> found) {
    return union(expected, found).stream()
        .filter(key -> !Objects.equals(expected.get(key), found.get(key)))
        .count();
  }

  /** Of what both have: a version that a next one replaced before a checkpoint is in no log. */
  private static long changed(Map<String, String> expected, Map<String, String> found) {
    return expected.entrySet().stream()
        .filter(each -> found.containsKey(each.getKey()))
        .filter(each -> !each.getValue().equals(found.get(each.getKey())))
        .count();
  }

  private static Set<String> union(Map<String, ?>... maps) {
    Set<String> keys = new TreeSet<>();
    for (Map<String, ?> map : maps) {
      keys.addAll(map.keySet());
    }
    return keys;
  }
}
