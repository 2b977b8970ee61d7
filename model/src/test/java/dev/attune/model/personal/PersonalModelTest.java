package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.adapter.LoraAdapter;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.SafetensorsException;
import dev.attune.model.personal.PersonalWeights.Parameter;
import dev.attune.model.reference.ReferenceDecoder;
import dev.attune.model.reference.ReferenceDecoder.Lora;
import dev.attune.model.reference.ReferenceLosses;
import dev.attune.model.reference.TextBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PersonalModelTest extends PersonalTestBase {
  static List<UserModelConfig> userModels() {
    return List.of(
        UserModelConfig.plain(),
        UserModelConfig.individual(),
        UserModelConfig.individual().withoutOffset().withText(3),
        UserModelConfig.cluster(3));
  }

  static List<UserModelConfig> allUserModels() {
    List<UserModelConfig> all = new ArrayList<>(userModels());
    all.add(UserModelConfig.individual().softPrompt(2).withText(3));
    return all;
  }

  @ParameterizedTest
  @MethodSource("userModels")
  void shouldRewardNothingBeforeItHasLearned(UserModelConfig users) {
    // Given: nothing is said of the user, which alone would move the policy from the reference
    PersonalConfig config = config(users);
    ReferencedReplies replies = new ReferenceModel(base, config).encode(candidates(1, 1).get(0));
    UserRowTable rows = new UserRowTable();
    PersonalWeights untrained = PersonalWeights.untrained(base, config);
    if (users.hasRows()) {
      rows.put("new", untrained.newRow());
    }
    try (PersonalModel model = new PersonalModel(base, untrained)) {

      // When
      List<double[]> rewards =
          model.score(
              rows,
              List.of(
                  new PersonalItem("new", null, replies), new PersonalItem(null, null, replies)));

      // Then
      assertThat(rewards.get(0)).containsExactly(new double[2], within(1e-4));
      assertThat(rewards.get(1)).containsExactly(new double[2], within(1e-4));
    }
  }

  @ParameterizedTest
  @MethodSource("allUserModels")
  void shouldNotDependOnTheRestOfTheBatch(UserModelConfig users) {
    // Given: many users, an unknown one and nobody, in one batch
    PersonalConfig config = config(users);
    List<ReferencedReplies> replies = new ReferenceModel(base, config).encode(candidates(30, 1));
    UserRowTable rows = rows(users, 7);
    List<PersonalItem> items = new ArrayList<>();
    for (int i = 0; i < replies.size(); i++) {
      String user = i % 5 == 0 ? null : "user-" + i % 9;
      items.add(new PersonalItem(user, i % 2 == 0 ? "moon salt" : null, replies.get(i)));
    }
    try (PersonalModel model = new PersonalModel(base, random(config))) {

      // When
      List<double[]> together = model.score(rows, items);

      // Then
      for (int i = 0; i < items.size(); i++) {
        assertThat(together.get(i)).containsExactly(model.score(rows, items.get(i)), within(1e-5));
      }
    }
  }

  /** β·(log π − log π_ref) against the plain array version of adapter and users' vectors. */
  @ParameterizedTest
  @MethodSource("allUserModels")
  void shouldComputeTheRewardsOfPlainArrayOperations(UserModelConfig users) {
    // Given
    PersonalConfig config = config(users);
    ReferencedReplies replies = new ReferenceModel(base, config).encode(candidates(1, 1).get(0));
    UserRowTable rows = rows(users, 1);
    PersonalWeights weights = random(config);
    try (PersonalModel model = new PersonalModel(base, weights)) {

      // When
      double[] rewards = model.score(rows, new PersonalItem("user-0", "moon", replies));

      // Then
      for (int i = 0; i < rewards.length; i++) {
        double expected = oracle(model, rows.find("user-0"), "moon", replies, i);
        assertThat(rewards[i]).isCloseTo(0.1 * expected, within(5e-4));
      }
    }
  }

  private static double oracle(
      PersonalModel model, UserRow row, String text, ReferencedReplies replies, int i) {
    UserModelConfig users = model.weights().config().users();
    boolean added = users.join() == UserModelConfig.Join.ADDED;
    List<Integer> prompt = new ArrayList<>();
    prompt.add(replies.prompt()[0]);
    for (int k = 0; !added && k < users.tokens(); k++) {
      prompt.add(-1 - k);
    }
    int[] told = base.tokenizer().encode(text);
    Arrays.stream(told).limit(users.textTokens()).forEach(prompt::add);
    Arrays.stream(replies.prompt()).skip(1).forEach(prompt::add);
    int[] ids = prompt.stream().mapToInt(Integer::intValue).toArray();
    LoraAdapter adapter = model.weights().adapter(base.config());
    try (ModelFolder files = ModelFolder.open(base.folder());
        ReferenceDecoder oracle = new ReferenceDecoder(files);
        NDManager manager = Torch.newManager()) {
      TextBatch batch = new TextBatch(List.of(TextBatch.Text.of(ids, replies.replies().get(i))));
      Map<String, NDArray> matrices = adapter.tensors(manager);
      matrices.remove("scaling");
      Lora lora = new Lora(matrices, adapter.config().scaling());
      List<UserRow> one = Arrays.asList(row);
      NDArray states =
          users.tokens() == 0
              ? oracle.states(manager, batch, lora)
              : oracle.states(
                  manager,
                  batch,
                  lora,
                  new dev.attune.model.reference.UserVectors(model.vectors(manager, one), added));
      return ReferenceLosses.logProbabilities(oracle.logits(states), batch).getFloat()
          - replies.logProbs()[i];
    }
  }

  @Test
  void shouldScoreAnUnknownUserAsTheGenericOneAndAKnownOneDifferently() {
    // Given
    PersonalConfig config = config(UserModelConfig.individual());
    ReferencedReplies replies = new ReferenceModel(base, config).encode(candidates(1, 1).get(0));
    UserRowTable rows = rows(config.users(), 1);
    try (PersonalModel model = new PersonalModel(base, random(config))) {
      double[] generic = model.score(rows, new PersonalItem(null, null, replies));

      // When
      double[] unknown = model.score(rows, new PersonalItem("nobody", null, replies));
      double[] known = model.score(rows, new PersonalItem("user-0", null, replies));

      // Then
      assertThat(unknown).containsExactly(generic);
      assertThat(known[0]).isNotCloseTo(generic[0], within(1e-4));
    }
  }

  @Test
  void shouldReadTheUsersText() {
    // Given
    PersonalConfig config = config(UserModelConfig.individual().withText(8));
    ReferencedReplies replies = new ReferenceModel(base, config).encode(candidates(1, 1).get(0));
    UserRowTable rows = new UserRowTable();
    try (PersonalModel model = new PersonalModel(base, random(config))) {
      double[] silent = model.score(rows, new PersonalItem(null, "", replies));

      // When
      double[] told = model.score(rows, new PersonalItem(null, "gold moon", replies));

      // Then
      assertThat(told[0]).isNotCloseTo(silent[0], within(1e-4));
    }
  }

  @Test
  void shouldMixClustersBySoftmax() {
    // Given
    PersonalConfig config = config(UserModelConfig.cluster(3).softPrompt(2));
    PersonalWeights weights = random(config);
    float[] clusters = weights.parameters().get(UserVectors.CLUSTERS).values();
    float[] logits = {0.5f, -1, 2};
    try (PersonalModel model = new PersonalModel(base, weights);
        NDManager manager = Torch.newManager()) {

      // When
      float[] vectors =
          Tensors.floats(model.vectors(manager, Arrays.asList(null, UserRow.of(logits))));

      // Then
      float[] generic = mixture(weights.parameters().get(UserVectors.LOGITS).values(), clusters);
      float[] own = mixture(logits, clusters);
      assertThat(Arrays.copyOf(vectors, generic.length)).containsExactly(generic, within(1e-6f));
      assertThat(Arrays.copyOfRange(vectors, generic.length, vectors.length))
          .containsExactly(own, within(1e-6f));
    }
  }

  @Test
  void shouldAddTheRowToTheGenericVector() {
    // Given
    PersonalConfig config = config(UserModelConfig.individual());
    PersonalWeights weights = random(config);
    float[] generic = weights.parameters().get(UserVectors.GENERIC).values();
    float[] row = new float[generic.length];
    Arrays.fill(row, 0.5f);
    float[] expected = generic.clone();
    for (int i = 0; i < expected.length; i++) {
      expected[i] += 0.5f;
    }
    try (PersonalModel model = new PersonalModel(base, weights);
        NDManager manager = Torch.newManager()) {

      // When
      float[] vectors = Tensors.floats(model.vectors(manager, List.of(UserRow.of(row))));

      // Then
      assertThat(vectors).containsExactly(expected, within(1e-6f));
    }
  }

  @Test
  void shouldReadTheWeightsThatItWrote() {
    // Given
    PersonalWeights weights = random(config(UserModelConfig.cluster(4)));

    // When
    PersonalWeights read = PersonalWeights.read(weights.toBytes());

    // Then
    assertThat(read.toBytes()).isEqualTo(weights.toBytes());
    assertThat(read.config()).isEqualTo(weights.config());
    assertThat(read.base()).isEqualTo(base.sha256());
    assertThatThrownBy(() -> PersonalWeights.read(new byte[] {1, 2, 3}))
        .isInstanceOf(SafetensorsException.class);
  }

  @Test
  void shouldRefuseWeightsOfAnotherBase() {
    // Given
    PersonalWeights weights = random(config(UserModelConfig.individual()));
    PersonalWeights.Identity own = weights.identity();
    PersonalWeights foreign =
        new PersonalWeights(
            new PersonalWeights.Identity("other", own.precision(), own.hidden(), own.config()),
            0,
            weights.parameters());

    // When / Then
    assertThatThrownBy(() -> new PersonalModel(base, foreign))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("base=other");
  }

  private static float[] mixture(float[] logits, float[] clusters) {
    int width = clusters.length / logits.length;
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    float[] mixture = new float[width];
    for (int i = 0; i < width; i++) {
      double value = 0;
      for (int k = 0; k < logits.length; k++) {
        value += Math.exp(logits[k]) / sum * clusters[k * width + i];
      }
      mixture[i] = (float) value;
    }
    return mixture;
  }

  static UserRowTable rows(UserModelConfig users, int count) {
    UserRowTable rows = new UserRowTable();
    Random random = new Random(4);
    for (int u = 0; u < count && users.hasRows(); u++) {
      float[] values = new float[users.rowSize(base.config().hiddenSize())];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (0.1 * random.nextGaussian());
      }
      rows.put("user-" + u, UserRow.of(values));
    }
    return rows;
  }

  /** Weights with random values, as if they were trained. */
  static PersonalWeights random(PersonalConfig config) {
    Random random = new Random(2);
    PersonalWeights untrained = PersonalWeights.untrained(base, config);
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    untrained
        .parameters()
        .forEach(
            (name, p) -> {
              float[] values = new float[p.values().length];
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) (0.1 * random.nextGaussian());
              }
              parameters.put(name, new Parameter(p.shape(), values));
            });
    return new PersonalWeights(untrained.identity(), 0, parameters);
  }
}
