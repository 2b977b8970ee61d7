package dev.attune.trainer;

import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import dev.attune.platform.store.DiskStore;
import dev.attune.schemas.Topics;
import dev.attune.trainer.kafka.users.UsersSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The settings of the users pipeline. */
final class UsersKeys {
  static final ConfigKey<String> GROUP =
      ConfigKey.string(
          "trainer.users.group",
          "attune-trainer-users",
          "The users pipeline's consumer group; transactional ids are this name with the"
              + " partition's number.");

  private static final ConfigKey<Path> STATE_DIR =
      ConfigKey.path(
              "trainer.state.dir",
              null,
              "Where the local copy of users' states lies; one process at a time may use it."
                  + " Without it: `attune-trainer` in the system's temporary folder.")
          .optional();

  private static final ConfigKey<Integer> MEMORY =
      ConfigKey.integer(
          "trainer.users.memory-mib",
          128,
          Topics.DEFAULT_PARTITIONS * (int) (DiskStore.LEAST_MEMORY >> 20),
          1 << 20,
          "Memory of the stores of users' states, of all partitions together, in MiB.");

  private static final ConfigKey<Boolean> ROWS =
      ConfigKey.bool(
          "trainer.users.rows",
          true,
          "Whether personal rows (P-DPO) are learned where the policy has them.");

  private static final ConfigKey<Boolean> BATCHED =
      ConfigKey.bool(
          "trainer.users.batched",
          false,
          "Whether a batch's events share their passes: the features that heads lack, and what rows"
              + " learn from. Faster, but the last bits of states then depend on what was polled"
              + " together.");

  private static final ConfigKey<Integer> REFERENCES =
      ConfigKey.integer(
          "trainer.users.references",
          32,
          0,
          10_000,
          "How many of its latest events a state refers to, to be learned anew without those that"
              + " are taken back.");

  private static final ConfigKey<Integer> REMEMBERED_REPLIES =
      ConfigKey.integer(
          "trainer.users.remembered-replies",
          4096,
          0,
          10_000_000,
          "How many replies' features are kept in memory for events that bring none.");

  private static final ConfigKey<Duration> EXPIRE_AFTER =
      ConfigKey.duration(
          "trainer.users.expire-after",
          Duration.ofDays(400),
          Duration.ZERO,
          Duration.ofDays(36_500),
          "Users without an event for so long are forgotten, by the time of events; 0: never.");

  private static final ConfigKey<Integer> EVALUATE_EVERY =
      ConfigKey.integer(
          "trainer.users.evaluate-every",
          256,
          1,
          Integer.MAX_VALUE,
          "A partition's prequential measurements are written after so many comparisons.");

  private UsersKeys() {}

  static List<ConfigKey<?>> all() {
    return List.of(
        GROUP,
        STATE_DIR,
        MEMORY,
        ROWS,
        BATCHED,
        REFERENCES,
        REMEMBERED_REPLIES,
        EXPIRE_AFTER,
        EVALUATE_EVERY);
  }

  static UsersSettings read(Configuration configuration) {
    return new UsersSettings(
        configuration.get(GROUP),
        configuration
            .find(STATE_DIR)
            .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"), "attune-trainer")),
        (long) configuration.get(MEMORY) << 20,
        configuration.get(ROWS),
        configuration.get(BATCHED),
        configuration.get(REFERENCES),
        configuration.get(REMEMBERED_REPLIES),
        Optional.of(configuration.get(EXPIRE_AFTER)).filter(after -> !after.isZero()),
        configuration.get(EVALUATE_EVERY));
  }
}
