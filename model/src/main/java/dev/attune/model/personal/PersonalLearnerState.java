package dev.attune.model.personal;

import dev.attune.model.io.Safetensors;
import dev.attune.model.io.SafetensorsException;
import dev.attune.model.io.SafetensorsWriter;
import dev.attune.model.personal.ParameterGroup.Slot;
import dev.attune.model.personal.PersonalWeights.Identity;
import dev.attune.model.personal.PersonalWeights.Parameter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Everything that a learner needs to go on exactly where it stopped, but the users' rows: as bytes
 * a safetensors file with each parameter, its moments and its steps.
 */
record PersonalLearnerState(
    Identity identity, long steps, RewardShift shift, Map<String, Slot> slots) {
  private static final String FORMAT = "attune-personal-learner-1";
  private static final String SOURCE = "the state of a personal learner";
  private static final String MEAN = ".mean";
  private static final String SQUARE = ".square";
  private static final String STEPS = ".steps";

  /** Returns what all users share. */
  PersonalWeights weights() {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    slots.forEach((name, slot) -> parameters.put(name, new Parameter(slot.shape(), slot.weight())));
    return new PersonalWeights(identity, shift.value(), parameters);
  }

  byte[] toBytes() {
    SafetensorsWriter writer =
        PersonalWeights.writer(identity, FORMAT)
            .metadata("steps", Long.toString(steps))
            .metadata("shift", shift.text())
            .metadata("order", String.join("\n", slots.keySet()));
    slots.forEach(
        (name, slot) ->
            writer
                .floats(name, slot.shape(), slot.weight())
                .floats(name + MEAN, slot.shape(), slot.mean())
                .floats(name + SQUARE, slot.shape(), slot.square())
                .floats(name + STEPS, new long[] {1}, new float[] {slot.steps()}));
    return writer.toBytes();
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws IllegalArgumentException if the bytes are no learner's state
   */
  static PersonalLearnerState read(byte[] bytes) {
    try (Safetensors file = Safetensors.parse(SOURCE, bytes)) {
      Identity identity = PersonalWeights.identity(file, SOURCE, FORMAT);
      Map<String, Slot> slots = new LinkedHashMap<>();
      for (String name : PersonalWeights.field(file, SOURCE, "order").split("\n", -1)) {
        slots.put(
            name,
            new Slot(
                file.info(name).dimensions(),
                file.floats(name),
                file.floats(name + MEAN),
                file.floats(name + SQUARE),
                file.floats(name + STEPS)[0]));
      }
      return new PersonalLearnerState(
          identity,
          Long.parseLong(PersonalWeights.field(file, SOURCE, "steps")),
          RewardShift.parse(PersonalWeights.field(file, SOURCE, "shift")),
          slots);
    } catch (SafetensorsException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}
