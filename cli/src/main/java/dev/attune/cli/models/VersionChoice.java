package dev.attune.cli.models;

import dev.attune.cli.CliException;
import dev.attune.schemas.Domains;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.ModelVersion;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which version an operator means, and whether it can be had. Every failure says what can. */
public final class VersionChoice {
  private final ModelCatalogue catalogue;

  /** Of the models that a catalogue has. */
  public VersionChoice(ModelCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  /**
   * The full name of a model; of a domain's model the domain is enough.
   *
   * @throws CliException where there is none, naming those that there are
   */
  public String name(String given) {
    for (String name : new String[] {given, Domains.modelName(given)}) {
      if (catalogue.names().contains(name)) {
        return name;
      }
    }
    throw new CliException(
        catalogue.names().isEmpty()
            ? "no model %s: attune.models has none yet".formatted(given)
            : "no model %s; there are %s".formatted(given, String.join(", ", catalogue.names())));
  }

  /** A version to be looked at; without a number the one that training goes on from. */
  ModelVersion shown(String name, @Nullable Long version) {
    return version == null ? catalogue.current(name).orElseThrow() : published(name, version);
  }

  /** The version to hold a model at; without a number the one that is served. */
  ModelVersion toPin(String name, @Nullable Long version) {
    requireReward(name, "pinned");
    return published(name, version == null ? servedVersion(name) : version);
  }

  /** The version to go back to; without a number the one before what is served. */
  ModelVersion toRollBack(String name, @Nullable Long version) {
    requireReward(name, "rolled back");
    Optional<ModelVersion> pin = catalogue.pin(name);
    if (pin.isPresent()) {
      throw new CliException(
          "%s is pinned at version %d, and would be served at it again: 'attune models unpin %s' first"
              .formatted(name, pin.get().getVersion(), name));
    }
    if (version != null) {
      return published(name, version);
    }
    long served = servedVersion(name);
    return Optional.ofNullable(catalogue.versions(name).lowerEntry(served))
        .orElseThrow(
            () ->
                new CliException(
                    "%s has no version before %d; there is %s"
                        .formatted(name, served, available(name))))
        .getValue();
  }

  private long servedVersion(String name) {
    long served = catalogue.served(name).version();
    if (served == 0) {
      throw new CliException(name + " has published nothing yet");
    }
    return served;
  }

  private ModelVersion published(String name, long version) {
    ModelVersion found = catalogue.versions(name).get(version);
    if (found == null) {
      throw new CliException(
          "%s has no version %d; there is %s".formatted(name, version, available(name)));
    }
    return found;
  }

  /** The published versions of a model in words. */
  String available(String name) {
    NavigableMap<Long, ModelVersion> versions = catalogue.versions(name);
    return versions.isEmpty()
        ? "none"
        : versions.keySet().stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  private static void requireReward(String name, String what) {
    if (name.equals(ModelKeys.POLICY)) {
      throw new CliException(
          "policy cannot be %s: users' states are in the coordinates of its newest epoch, and an earlier one could not read them; reward models can"
              .formatted(what));
    }
    if (!ModelKeys.isReward(name)) {
      throw new CliException(
          "%s cannot be %s: a calibration follows its domain's model; %s can"
              .formatted(
                  name,
                  what,
                  ModelKeys.calibrationDomain(name)
                      .map(Domains::modelName)
                      .orElse("reward models")));
    }
  }
}
