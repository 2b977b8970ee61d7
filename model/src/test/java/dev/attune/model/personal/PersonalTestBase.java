package dev.attune.model.personal;

import dev.attune.model.adapter.LoraConfig;
import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TinyBase;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A tiny base for all tests of a class, and a small configuration. */
abstract class PersonalTestBase {
  @TempDir static Path folder;
  static BaseModel base;

  @BeforeAll
  static void loadBase() {
    base = BaseModel.load(TinyBase.write(folder.resolve("base"), 1), Precision.FP32);
  }

  @AfterAll
  static void closeBase() {
    base.close();
  }

  static PersonalConfig config(UserModelConfig users) {
    return new PersonalConfig(
        users,
        PersonalLoss.dpo(),
        LoraConfig.everywhere(4, 8),
        new PersonalOptimizer(5e-3, 0, 0.9, 0.98, 1, 2, 1000, 0, 0.03, 0.2, 0.99, false),
        24,
        24,
        100_000,
        1);
  }

  /** Prompts with a short reply (0) and a long one (1). */
  static List<Candidates> candidates(int count, long seed) {
    Random random = new Random(seed);
    List<Candidates> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Turn> prompt =
          List.of(new Turn("user", TinyBase.sentence(random, 1 + random.nextInt(4))));
      String shorter = TinyBase.sentence(random, 1 + random.nextInt(2));
      String longer = TinyBase.sentence(random, 6 + random.nextInt(3));
      candidates.add(new Candidates(prompt, List.of(shorter, longer)));
    }
    return candidates;
  }

  /** Prompts with a reply of lead (0) and one of gold (1), equally long. */
  static List<Candidates> metals(int count, long seed) {
    Random random = new Random(seed);
    List<Candidates> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Turn> prompt =
          List.of(new Turn("user", TinyBase.sentence(random, 1 + random.nextInt(4))));
      String lead = (TinyBase.sentence(random, 3) + " lead").replace("gold", "lead");
      String gold = (TinyBase.sentence(random, 3) + " gold").replace("lead", "gold");
      candidates.add(new Candidates(prompt, List.of(lead, gold)));
    }
    return candidates;
  }

  /** Users whose name begins with "short" prefer reply 0, others reply 1. */
  static List<PersonalExample> examples(List<ReferencedReplies> replies, List<String> users) {
    List<PersonalExample> examples = new ArrayList<>();
    for (int i = 0; i < replies.size(); i++) {
      String user = users.get(i % users.size());
      int preferred = user.startsWith("short") ? 0 : 1;
      examples.add(PersonalExample.choice(user, replies.get(i), preferred, 1 - preferred));
    }
    return examples;
  }
}
