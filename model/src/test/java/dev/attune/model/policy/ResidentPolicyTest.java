package dev.attune.model.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.engine.Precision;
import dev.attune.model.generate.Generation;
import dev.attune.model.generate.Sampling;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TinyBase;
import dev.attune.model.personal.Candidates;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.personal.ReferenceModel;
import dev.attune.model.personal.RowGradient;
import dev.attune.model.policy.ResidentPolicy.RowEvent;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResidentPolicyTest {
  private static final PolicyConfig CONFIG = PolicyLearnerTest.config(PolicyLearnerTest.rows());

  private static BaseModel base;
  private static Policy policy;
  private static ResidentPolicy resident;

  private final LengthUsers users = new LengthUsers(5);

  @BeforeAll
  static void load(@TempDir Path folder) {
    base = BaseModel.load(TinyBase.write(folder, 1), Precision.FP32);
    Policy start = PolicyStart.of(base, CONFIG);
    RowTraining.Trained rows =
        new RowTraining(base, CONFIG).train(start, new LengthUsers(1).events(6, 4), () -> true);
    policy = RowTrainingTest.second(start, rows);
    resident = new ResidentPolicy(base, policy);
  }

  @AfterAll
  static void close() {
    resident.close();
    base.close();
  }

  @Test
  void shouldTakeTheSlopesOfSeveralUsersInOnePass() {
    // Given
    List<RowEvent> events = new ArrayList<>();
    UserState state = policy.generic();
    for (int i = 0; i < 7; i++) {
      PreferenceExample event = users.event("u", i % 2 == 0).event();
      events.add(new RowEvent(state, i == 3 ? withoutPairs(event) : event));
      state = resident.learn(state, event);
    }

    // When
    List<RowSlopes> together = resident.slopes(events);

    // Then
    assertThat(together).hasSize(events.size());
    for (int i = 0; i < events.size(); i++) {
      RowSlopes alone = resident.slopes(List.of(events.get(i))).get(0);
      assertThat(together.get(i).at()).isEqualTo(events.get(i).state().row());
      assertThat(together.get(i).slopes()).hasSize(i == 3 ? 0 : 1);
      for (int j = 0; j < alone.slopes().size(); j++) {
        RowGradient one = together.get(i).slopes().get(j);
        RowGradient other = alone.slopes().get(j);
        assertThat(one.difference()).isCloseTo(other.difference(), within(1e-5));
        assertThat(one.gradient()).containsExactly(other.gradient(), within(1e-5f));
      }
    }
  }

  @Test
  void shouldLearnFromASlopeOfAnEarlierRowToFirstOrder() {
    // Given
    UserState before = policy.generic();
    PreferenceExample first = users.event("u", true).event();
    PreferenceExample second = users.event("u", true).event();
    RowSlopes early = resident.slopes(List.of(new RowEvent(before, second))).get(0);
    UserState between = resident.learn(before, first);

    // When
    UserState learned = resident.learn(between, second, early);

    // Then
    UserState exact = resident.learn(between, second);
    assertThat(learned.rowEvents()).isEqualTo(2);
    double step = distance(between.row().mean(), exact.row().mean());
    assertThat(step).isPositive();
    assertThat(distance(learned.row().mean(), exact.row().mean())).isLessThan(0.2 * step);
  }

  @Test
  void shouldWriteWithTheProbabilitiesThatItScoresWith() {
    // Given
    UserState state = policy.generic();
    for (int i = 0; i < 5; i++) {
      state = resident.learn(state, users.event("u", true).event());
    }
    List<Turn> prompt = users.event("u", true).event().prompt();
    Sampling sampling = new Sampling(0.5, 0, 1, 32, Set.of(base.tokenizer().eosId()));
    List<ResidentPolicy.Draft> drafts = new ArrayList<>();
    for (long seed = 0; seed < 16; seed++) {
      drafts.add(new ResidentPolicy.Draft(state, null, prompt, sampling, seed));
      drafts.add(new ResidentPolicy.Draft(policy.generic(), null, prompt, sampling, seed));
    }

    // When
    List<Generation> texts = resident.generate(drafts);

    // Then: log π(y|x,u) = r/β + log π_ref(y|x), of texts that read back as the same tokens
    int compared = 0;
    for (int i = 0; i < texts.size(); i++) {
      Generation text = texts.get(i);
      if (readsBack(text)) {
        String reply = text.text(base.tokenizer());
        double beta = policy.weights().config().loss().beta();
        double own = rewardOf(drafts.get(i).state(), prompt, reply);
        double reference =
            new ReferenceModel(base, policy.weights().config())
                .encode(new Candidates(prompt, List.of(reply)))
                .logProbs()[0];
        assertThat(text.logProbability()).isCloseTo(own / beta + reference, within(1e-3));
        compared++;
      }
    }
    assertThat(compared).isPositive();
  }

  private static boolean readsBack(Generation text) {
    PersonalConfig config = policy.weights().config();
    DialogueTemplate template =
        new DialogueTemplate(base.tokenizer(), config.promptTokens(), config.replyTokens());
    return Arrays.equals(template.reply(text.text(base.tokenizer())), text.ids());
  }

  private static double rewardOf(UserState state, List<Turn> prompt, String reply) {
    return resident.rewards(List.of(new ResidentPolicy.Item(state, null, prompt, List.of(reply))))
        .get(0)[0];
  }

  private static PreferenceExample withoutPairs(PreferenceExample event) {
    return new PreferenceExample(
        event.prompt(),
        event.replies(),
        List.of(),
        List.of(new Judgement(0, true, 1)),
        event.userText());
  }

  private static double distance(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (one[i] - other[i]) * (one[i] - other[i]);
    }
    return Math.sqrt(sum);
  }
}
