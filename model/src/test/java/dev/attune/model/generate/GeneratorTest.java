package dev.attune.model.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.adapter.AdapterStack;
import dev.attune.model.adapter.LoraAdapter;
import dev.attune.model.adapter.LoraConfig;
import dev.attune.model.adapter.TestAdapters;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.generate.Generation.FinishReason;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TokenBatch;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratorTest {
  private static final Sampling GREEDY = Sampling.greedy(12, Set.of());
  private static final float[] NO_VECTOR = {};

  private static BaseModel base;

  @TempDir Path temporary;

  @BeforeAll
  static void loadBase() throws URISyntaxException {
    base = BaseModel.load(golden("llama-rope-parameters"), Precision.FP32);
  }

  @AfterAll
  static void closeBase() {
    base.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-rope-parameters",
        "llama-llama3",
        "llama-dynamic",
        "qwen2-bias-bf16",
        "qwen3-headdim"
      })
  void shouldTakeTheTokensOfFullForwardPasses(String family) throws URISyntaxException {
    try (BaseModel model = BaseModel.load(golden(family), Precision.FP32);
        Generator generator = new Generator(model)) {
      // Given: prompts of different lengths, padded in one batch
      List<GenerationRequest> requests =
          IntStream.of(2, 5, 11, 17)
              .mapToObj(length -> new GenerationRequest(prompt(model, length), GREEDY, 0))
              .toList();

      // When
      List<Generation> results = generator.generate(requests);

      // Then
      for (int i = 0; i < results.size(); i++) {
        assertGreedy(model, requests.get(i), results.get(i), null, 1e-4);
      }
    }
  }

  @Test
  void shouldSeeNoFurtherThanTheAttentionWindow() throws IOException, URISyntaxException {
    // Given: a model whose first layer has full attention, and the others a window
    Path full = golden("qwen3-headdim");
    Files.copy(full.resolve("model.safetensors"), temporary.resolve("model.safetensors"));
    Files.writeString(
        temporary.resolve("config.json"),
        Files.readString(full.resolve("config.json"))
            .replace("\"max_window_layers\": 28", "\"max_window_layers\": 1")
            .replace("\"sliding_window\": 4096", "\"sliding_window\": 4")
            .replace("\"use_sliding_window\": false", "\"use_sliding_window\": true"));
    try (BaseModel model = BaseModel.load(temporary, Precision.FP32);
        Generator generator = new Generator(model)) {
      List<GenerationRequest> requests =
          IntStream.of(2, 3, 11)
              .mapToObj(length -> new GenerationRequest(prompt(model, length), GREEDY, 0))
              .toList();

      // When
      List<Generation> results = generator.generate(requests);

      // Then
      assertThat(model.config().windows()).containsExactly(0, 4, 4);
      for (int i = 0; i < results.size(); i++) {
        assertGreedy(model, requests.get(i), results.get(i), null, 1e-4);
      }
    }
  }

  @Test
  void shouldGenerateInBf16() throws URISyntaxException {
    try (BaseModel model = BaseModel.load(golden("llama-rope-parameters"), Precision.BF16);
        Generator generator = new Generator(model)) {
      // Given
      GenerationRequest request = new GenerationRequest(prompt(model, 7), GREEDY, 0);

      // When
      Generation result = generator.generate(List.of(request)).get(0);

      // Then
      assertGreedy(model, request, result, null, 0.1);
    }
  }

  @Test
  void shouldGiveEachRowItsOwnUserAndAdapter() {
    // Given
    LoraConfig small = LoraConfig.everywhere(2, 16);
    List<LoraAdapter> adapters =
        List.of(
            TestAdapters.random(small, base.config(), 1),
            TestAdapters.random(LoraConfig.everywhere(4, 8), base.config(), 2));
    int[] slots = prompt(base, 9);
    slots[1] = -1;
    slots[2] = -2;
    GenerationRequest plain = new GenerationRequest(prompt(base, 6), GREEDY, 0);
    GenerationRequest soft = new GenerationRequest(slots, vectors(2, 3), NO_VECTOR, 0, GREEDY, 0);
    List<GenerationRequest> requests =
        List.of(
            plain,
            plain.withAdapter(1),
            soft,
            soft.withSoftPrompt(vectors(2, 4)).withAdapter(1),
            plain.withAdded(vectors(1, 5)[0]),
            plain.withAdded(vectors(1, 6)[0]).withAdapter(1));
    try (AdapterStack stack = AdapterStack.of(adapters);
        Generator generator = new Generator(base, stack)) {

      // When
      List<Generation> results = generator.generate(requests);

      // Then
      for (int i = 0; i < results.size(); i++) {
        GenerationRequest request = requests.get(i);
        assertGreedy(base, request, results.get(i), adapters.get(request.adapter()), 1e-4);
      }
      assertThat(results.get(2).ids()).isNotEqualTo(results.get(3).ids());
    }
  }

  @Test
  void shouldNotDependOnTheRestOfTheBatch() {
    // Given: rows that end at different times, so that the batch shrinks on the way
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      Sampling sampling = new Sampling(0.5 + 0.1 * (i % 5), i % 3 * 20, 0.9, 2 + i, Set.of());
      requests.add(new GenerationRequest(prompt(base, 3 + i % 7), sampling, 100 + i));
    }
    Collections.shuffle(requests, new Random(3));
    try (Generator generator = new Generator(base)) {

      // When
      List<Generation> together = generator.generate(requests);

      // Then
      for (int i = 0; i < requests.size(); i++) {
        Generation alone = generator.generate(List.of(requests.get(i))).get(0);
        assertThat(together.get(i).ids()).containsExactly(alone.ids());
        assertThat(together.get(i).logProbabilities())
            .containsExactly(alone.logProbabilities(), within(1e-4f));
        assertThat(alone.ids()).hasSize(requests.get(i).sampling().maxTokens());
      }
    }
  }

  @Test
  void shouldRepeatWithTheSameSeedAndDifferWithAnother() {
    // Given
    Sampling sampling = new Sampling(1, 0, 1, 20, Set.of());
    try (Generator generator = new Generator(base)) {

      // When
      List<Generation> results =
          generator.generate(
              List.of(
                  new GenerationRequest(prompt(base, 5), sampling, 1),
                  new GenerationRequest(prompt(base, 5), sampling, 1),
                  new GenerationRequest(prompt(base, 5), sampling, 2)));

      // Then
      assertThat(results.get(0).ids()).containsExactly(results.get(1).ids());
      assertThat(results.get(0).ids()).isNotEqualTo(results.get(2).ids());
    }
  }

  @Test
  void shouldDrawTokensAsOftenAsTheModelSays() {
    // Given
    int draws = 4000;
    int[] prompt = prompt(base, 5);
    double temperature = 1.5;
    double[] expected = probabilities(prompt, temperature);
    Sampling sampling = new Sampling(temperature, 0, 1, 1, Set.of());
    List<GenerationRequest> requests =
        IntStream.range(0, draws)
            .mapToObj(i -> new GenerationRequest(prompt, sampling, i))
            .toList();
    try (Generator generator = new Generator(base)) {

      // When
      List<Generation> results = generator.generate(requests);

      // Then: chi-square over cells of at least five expected draws, four deviations from its mean
      double[] counts = new double[expected.length];
      results.forEach(result -> counts[result.ids()[0]]++);
      double chiSquare = 0;
      double restCount = 0;
      double rest = 0;
      int cells = 0;
      for (int id = 0; id < counts.length; id++) {
        double mean = draws * expected[id];
        if (mean >= 5) {
          chiSquare += (counts[id] - mean) * (counts[id] - mean) / mean;
          cells++;
        } else {
          rest += mean;
          restCount += counts[id];
        }
      }
      chiSquare += (restCount - rest) * (restCount - rest) / Math.max(rest, 1);
      assertThat(cells).isGreaterThan(20);
      assertThat(chiSquare).isLessThan(cells + 4 * Math.sqrt(2.0 * cells));
    }
  }

  @Test
  void shouldTakeTheLikeliestTokenWhenLittleProbabilityIsLeft() {
    // Given
    Sampling narrow = new Sampling(1, 0, 1e-9, 12, Set.of());
    Sampling first = new Sampling(1, 1, 1, 12, Set.of());
    try (Generator generator = new Generator(base)) {

      // When
      List<Generation> results =
          generator.generate(
              List.of(
                  new GenerationRequest(prompt(base, 5), GREEDY, 0),
                  new GenerationRequest(prompt(base, 5), narrow, 1),
                  new GenerationRequest(prompt(base, 5), first, 2)));

      // Then
      assertThat(results.get(1).ids()).containsExactly(results.get(0).ids());
      assertThat(results.get(2).ids()).containsExactly(results.get(0).ids());
    }
  }

  @Test
  void shouldEndWithAStopToken() {
    // Given
    int[] prompt = prompt(base, 5);
    try (Generator generator = new Generator(base)) {
      int[] free =
          generator.generate(List.of(new GenerationRequest(prompt, GREEDY, 0))).get(0).ids();
      Sampling stopping = Sampling.greedy(12, Set.of(free[3]));

      // When
      Generation result =
          generator.generate(List.of(new GenerationRequest(prompt, stopping, 0))).get(0);

      // Then
      int first = IntStream.range(0, 12).filter(t -> free[t] == free[3]).findFirst().orElseThrow();
      assertThat(result.reason()).isEqualTo(FinishReason.STOP);
      assertThat(result.ids()).containsExactly(Arrays.copyOf(free, first + 1));
      assertThat(result.logProbabilities()).hasSize(first + 1);
    }
  }

  @Test
  void shouldEndWhereTheModelsContextEnds() {
    // Given
    try (Generator generator = new Generator(base)) {
      int[] prompt = prompt(base, generator.maxTokens() - 3);

      // When
      Generation result =
          generator.generate(List.of(new GenerationRequest(prompt, GREEDY, 0))).get(0);

      // Then
      assertThat(result.reason()).isEqualTo(FinishReason.LENGTH);
      assertThat(result.ids()).hasSize(3);
    }
  }

  @Test
  void shouldRefuseWhatDoesNotFit() {
    // Given
    try (Generator generator = new Generator(base)) {
      GenerationRequest fits = new GenerationRequest(prompt(base, 5), GREEDY, 0);
      List<GenerationRequest> unfit =
          List.of(
              fits.withAdapter(1),
              fits.withAdded(new float[3]),
              fits.withSoftPrompt(new float[1][3]),
              new GenerationRequest(prompt(base, generator.maxTokens()), GREEDY, 0),
              new GenerationRequest(new int[] {base.config().vocabularySize()}, GREEDY, 0));

      // When / Then
      for (GenerationRequest request : unfit) {
        assertThatThrownBy(() -> generator.generate(List.of(fits, request)))
            .isInstanceOf(IllegalArgumentException.class);
      }
      assertThatThrownBy(() -> new GenerationRequest(new int[] {1, -1}, GREEDY, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("slot 0");
    }
  }

  /** Each token is the likeliest after those before it, by a pass without a cache. */
  private static void assertGreedy(
      BaseModel model,
      GenerationRequest request,
      Generation result,
      LoraAdapter adapter,
      double tolerance) {
    assertThat(result.ids()).hasSize(12);
    int[] text = request.prompt().clone();
    for (int t = 0; t < result.ids().length; t++) {
      double[] logProbabilities = logProbabilities(model, request, text, adapter);
      int id = result.ids()[t];
      double best = Arrays.stream(logProbabilities).max().orElseThrow();
      assertThat(logProbabilities[id]).isCloseTo(best, within(tolerance));
      assertThat((double) result.logProbabilities()[t]).isCloseTo(best, within(2 * tolerance));
      text = Arrays.copyOf(text, text.length + 1);
      text[text.length - 1] = id;
    }
  }

  private static double[] probabilities(int[] prompt, double temperature) {
    double[] log = logProbabilities(base, new GenerationRequest(prompt, GREEDY, 0), prompt, null);
    double[] p = Arrays.stream(log).map(l -> Math.exp(l / temperature)).toArray();
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(value -> value / sum).toArray();
  }

  private static double[] logProbabilities(
      BaseModel model, GenerationRequest request, int[] text, LoraAdapter adapter) {
    int[] before = Arrays.copyOf(text, text.length - 1);
    TokenBatch.Row row = new TokenBatch.Row(before, List.of(new int[] {text[text.length - 1]}));
    try (NDManager manager = Torch.newManager()) {
      Map<String, NDArray> tensors =
          new HashMap<>(new TokenBatch(List.of(row)).tensors(manager, model.config()));
      float[][] vectors =
          request.added().length > 0 ? new float[][] {request.added()} : request.softPrompt();
      if (vectors.length > 0) {
        NDArray matrix = manager.create(vectors);
        tensors.put("vectors", matrix.reshape(1, vectors.length, vectors[0].length));
      }
      if (request.added().length > 0) {
        tensors.put("added", manager.create(1));
      }
      try (Dictionary batch = new Dictionary(tensors);
          Dictionary lora = new Dictionary(adapter == null ? Map.of() : adapter.tensors(manager))) {
        NDArray states =
            TorchScript.SHARED.infer(
                manager,
                "packed_states",
                batch,
                model.weights(),
                lora,
                model.shape(),
                model.config().rmsNormEps(),
                false);
        float[] logits =
            Tensors.floats(TorchScript.SHARED.infer(manager, "logits", states, model.weights()));
        double most = IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).max().orElse(0);
        double sum =
            IntStream.range(0, logits.length).mapToDouble(i -> Math.exp(logits[i] - most)).sum();
        return IntStream.range(0, logits.length)
            .mapToDouble(i -> logits[i] - most - Math.log(sum))
            .toArray();
      }
    }
  }

  private static float[][] vectors(int count, long seed) {
    Random random = new Random(seed);
    float[][] vectors = new float[count][base.config().hiddenSize()];
    for (float[] vector : vectors) {
      for (int i = 0; i < vector.length; i++) {
        vector[i] = (float) random.nextGaussian();
      }
    }
    return vectors;
  }

  private static int[] prompt(BaseModel model, int length) {
    return new Random(length).ints(length, 0, model.config().vocabularySize()).toArray();
  }

  private static Path golden(String name) throws URISyntaxException {
    return Path.of(GeneratorTest.class.getResource("/goldens/" + name).toURI());
  }
}
