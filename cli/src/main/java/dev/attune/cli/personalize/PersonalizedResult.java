package dev.attune.cli.personalize;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What {@code evaluate personalized} came to.
 *
 * @param methods on the conflicting lengths, by method, a run for each seed
 * @param headStreams newcomers' heads after some events, a run for each seed
 * @param rowStreams newcomers' rows after some events, by how they are learned; the first seed
 * @param ablations by what is varied; the first seed
 * @param text the policy that reads what is written about users, and no ids; the first seed
 * @param profiles accuracy on each of the six profiles, by method; the first seed
 * @param lengths mean tokens of generated replies, by policy and by whom they are for
 * @param base sha-256
 * @param phaseSeconds how long each phase took, in order
 */
record PersonalizedResult(
    Map<String, List<Outcome>> methods,
    List<List<Checkpoint>> headStreams,
    Map<String, List<Checkpoint>> rowStreams,
    Map<String, Outcome> ablations,
    Outcome text,
    Map<String, GroupAccuracies> profiles,
    Map<String, Map<String, Double>> lengths,
    String base,
    long seed,
    PersonalizedSettings settings,
    Map<String, Double> phaseSeconds) {

  /** A method's accuracy on the users in training. */
  Figure top(String method) {
    return figure(method, outcome -> outcome.seen().all());
  }

  /** A method's accuracy on newcomers, served as the generic user. */
  Figure generic(String method) {
    return figure(method, outcome -> outcome.generic().all());
  }

  /**
   * A method's accuracy on a group: of the policies on its users in training; of the heads on its
   * newcomers after {@link PersonalizedSettings#HEAD_EVENTS} events.
   */
  Figure group(String method, String group) {
    if (!method.equals(PersonalizedEvaluation.HEAD)) {
      return seenGroup(method, group);
    }
    return new Figure(
        headStreams.stream()
            .map(stream -> Checkpoint.after(stream, PersonalizedSettings.HEAD_EVENTS))
            .mapToDouble(accuracies -> accuracies.group(group))
            .toArray());
  }

  /** A method's accuracy on a group's users in training. */
  Figure seenGroup(String method, String group) {
    return figure(method, outcome -> outcome.seen().group(group));
  }

  private Figure figure(String method, ToDoubleFunction<Outcome> value) {
    return new Figure(methods.get(method).stream().mapToDouble(value).toArray());
  }

  /** All streams, the heads' as the mean over the seeds. */
  Map<String, List<Checkpoint>> streams() {
    Map<String, List<Checkpoint>> streams = new LinkedHashMap<>(rowStreams);
    streams.put(PersonalizedEvaluation.HEAD, Checkpoint.mean(headStreams));
    return streams;
  }

  /** The fields of {@code evaluate personalized --json}. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    Map<String, Object> byMethod = new LinkedHashMap<>();
    for (String method : methods.keySet()) {
      byMethod.put(method, methodJson(method));
    }
    json.put("methods", byMethod);
    Map<String, Object> byStream = new LinkedHashMap<>();
    streams().forEach((stream, checkpoints) -> byStream.put(stream, streamJson(checkpoints)));
    json.put("streaming", byStream);
    Map<String, Object> varied = new LinkedHashMap<>();
    ablations.forEach((name, outcome) -> varied.put(name, outcomeJson(outcome)));
    json.put("ablations", varied);
    json.put("user_text", textJson());
    Map<String, Object> six = new LinkedHashMap<>();
    profiles.forEach(
        (method, accuracies) -> {
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("mean", accuracies.all());
          one.putAll(accuracies.groups());
          six.put(method, one);
        });
    json.put("profiles", six);
    json.put("generated_tokens", lengths);
    json.put("base", base);
    json.put("seed", seed);
    json.put("seeds", settings.seeds());
    json.put("steps", settings.steps());
    json.put("phase_seconds", phaseSeconds);
    json.put("seconds", phaseSeconds.values().stream().mapToDouble(Double::doubleValue).sum());
    return json;
  }

  private Map<String, Object> methodJson(String method) {
    Map<String, Figure> figures = new LinkedHashMap<>();
    figures.put("top", top(method));
    figures.put("generic", generic(method));
    figures.put("majority", group(method, ConflictingLengths.MAJORITY));
    figures.put("minority", group(method, ConflictingLengths.MINORITY));
    figures.put("seen_majority", seenGroup(method, ConflictingLengths.MAJORITY));
    figures.put("seen_minority", seenGroup(method, ConflictingLengths.MINORITY));
    Map<String, Object> json = new LinkedHashMap<>();
    figures.forEach((name, figure) -> json.put(name, figure.mean()));
    Map<String, Object> spread = new LinkedHashMap<>();
    figures.forEach((name, figure) -> spread.put(name, figure.spread()));
    json.put("spread", spread);
    json.put("train_seconds", figure(method, Outcome::seconds).mean());
    return json;
  }

  private static Map<String, Object> outcomeJson(Outcome outcome) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("top", outcome.seen().all());
    json.put("generic", outcome.generic().all());
    json.put("majority", outcome.seen().group(ConflictingLengths.MAJORITY));
    json.put("minority", outcome.seen().group(ConflictingLengths.MINORITY));
    json.put("train_seconds", outcome.seconds());
    return json;
  }

  /** Newcomers without an id, with and without what is written about them. */
  private Map<String, Object> textJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    Outcome without = methods.get(Variant.DPO.name()).get(0);
    json.put("with", genericJson(text.generic()));
    json.put("without", genericJson(without.generic()));
    return json;
  }

  private static Map<String, Object> genericJson(GroupAccuracies accuracies) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("generic", accuracies.all());
    json.put("majority", accuracies.group(ConflictingLengths.MAJORITY));
    json.put("minority", accuracies.group(ConflictingLengths.MINORITY));
    return json;
  }

  private static Map<String, Object> streamJson(List<Checkpoint> checkpoints) {
    List<Integer> events = new ArrayList<>();
    List<Double> accuracy = new ArrayList<>();
    List<Double> majority = new ArrayList<>();
    List<Double> minority = new ArrayList<>();
    for (Checkpoint checkpoint : checkpoints) {
      events.add(checkpoint.events());
      accuracy.add(checkpoint.accuracies().all());
      majority.add(checkpoint.accuracies().group(ConflictingLengths.MAJORITY));
      minority.add(checkpoint.accuracies().group(ConflictingLengths.MINORITY));
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("events", events);
    json.put("accuracy", accuracy);
    json.put("majority", majority);
    json.put("minority", minority);
    json.put("generic", accuracy.get(0));
    return json;
  }
}
