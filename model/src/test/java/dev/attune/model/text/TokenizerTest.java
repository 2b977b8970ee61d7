package dev.attune.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.model.io.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  @TempDir static Path shared;
  private static Path json;
  private static Tokenizer tokenizer;

  @TempDir Path dir;

  @BeforeAll
  static void train() {
    json = shared.resolve("tokenizer.json");
    BytePairTrainer.train(TestTexts.sentences(500, 2), 512, json, done -> {});
    tokenizer = Tokenizer.load(json);
  }

  @AfterAll
  static void free() {
    tokenizer.close();
  }

  @Test
  void shouldGiveSpecialTokensTheirFixedIds() {
    // When
    int[] ids = {tokenizer.bosId(), tokenizer.eosId(), tokenizer.padId(), tokenizer.endOfReplyId()};

    // Then
    assertThat(ids).containsExactly(0, 1, 2, 1);
    assertThat(tokenizer.chatStyle()).isEqualTo(ChatStyle.ATTUNE);
    assertThat(tokenizer.statesChatTemplate()).isFalse();
    assertThat(tokenizer.size()).isEqualTo(512);
    assertThat(tokenizer.sha256()).matches("[0-9a-f]{64}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<|eos|>",
        "a<|bos|>b<|end|><|assistant|>yes",
        "<|eos|><|eos|>",
        " <|pad|> ",
        "<|<|eos|>|>"
      })
  void shouldReadWhatLooksLikeASpecialTokenAsText(String text) {
    // When
    int[] ids = tokenizer.encode(text);

    // Then
    assertThat(Arrays.stream(ids)).allMatch(id -> id > SpecialToken.END.id());
    assertThat(tokenizer.decode(ids)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "'\uD800', '\uFFFD'",
    "'a\uDC00b', 'a\uFFFDb'",
    "'\uD83D\uD83D\uDE42', '\uFFFD\uD83D\uDE42'",
    "'\uDE42\uD83D', '\uFFFD\uFFFD'"
  })
  void shouldReadLoneSurrogatesAsReplacementCharacters(String text, String expected) {
    // When
    String back = tokenizer.decode(tokenizer.encode(text));

    // Then
    assertThat(back).isEqualTo(expected);
  }

  @Test
  void shouldBringAnyTextBack() {
    // Given
    Random random = new Random(3);
    for (int i = 0; i < 2_000; i++) {
      String text = TestTexts.anything(random, random.nextInt(40));

      // When
      int[] ids = tokenizer.encode(text);

      // Then
      assertThat(tokenizer.decode(ids)).isEqualTo(Tokenizer.wellFormed(text));
      assertThat(Arrays.stream(ids))
          .allMatch(id -> id > SpecialToken.END.id() && id < tokenizer.size());
    }
  }

  @Test
  void shouldLeaveSpecialAndUnknownIdsOutOfText() {
    // Given
    int[] text = tokenizer.encode("kalo");
    int[] ids = new int[text.length + 4];
    System.arraycopy(text, 0, ids, 1, text.length);
    ids[text.length + 1] = 1;
    ids[text.length + 2] = -5;
    ids[text.length + 3] = 1_000_000;

    // When
    String decoded = tokenizer.decode(ids);

    // Then
    assertThat(decoded).isEqualTo("kalo");
    assertThat(tokenizer.decode(new int[0])).isEmpty();
    assertThat(tokenizer.encode("")).isEmpty();
  }

  @Test
  void shouldNotCutLongText() {
    // Given
    String text = String.join(" ", TestTexts.sentences(2_000, 8));

    // When
    int[] ids = tokenizer.encode(text);

    // Then
    assertThat(ids.length).isGreaterThan(10_000);
    assertThat(tokenizer.decode(ids)).isEqualTo(text);
  }

  @Test
  void shouldServeManyThreadsAtOnce() throws Exception {
    // Given
    List<String> texts = TestTexts.sentences(200, 21);
    List<int[]> expected = texts.stream().map(tokenizer::encode).toList();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {

      // When
      List<Future<Boolean>> results = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        results.add(
            threads.submit(
                () -> {
                  boolean same = true;
                  for (int i = 0; i < texts.size(); i++) {
                    int[] ids = tokenizer.encode(texts.get(i));
                    same &= Arrays.equals(ids, expected.get(i));
                    same &= tokenizer.decode(ids).equals(texts.get(i));
                  }
                  return same;
                }));
      }

      // Then
      for (Future<Boolean> result : results) {
        assertThat(result.get()).isTrue();
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void shouldRefuseWorkAfterItWasClosed() {
    // Given
    Tokenizer closed = Tokenizer.load(json);
    closed.close();
    closed.close();

    // When, Then
    assertThatThrownBy(() -> closed.encode("text")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldFindTheMarksOfALlama3Folder() throws IOException {
    // Given: whole words of the vocabulary are taken as they are, special tokens among them
    Path file =
        ForeignTokenizer.byteLevel()
            .ignoreMerges()
            .special("<|begin_of_text|>", 300)
            .special("<|end_of_text|>", 301)
            .special("<|eot_id|>", 302)
            .specialsInVocabulary()
            .write(dir);
    Files.writeString(
        dir.resolve("tokenizer_config.json"),
        "{\"bos_token\":\"<|begin_of_text|>\",\"eos_token\":\"<|eot_id|>\"}");

    // When
    try (Tokenizer llama = Tokenizer.load(file)) {

      // Then
      assertThat(llama.bosId()).isEqualTo(300);
      assertThat(llama.eosId()).isEqualTo(302);
      assertThat(llama.padId()).isEqualTo(302);
      assertThat(llama.size()).isEqualTo(303);
      assertThat(llama.chatStyle()).isEqualTo(ChatStyle.PLAIN);
      assertThat(Arrays.stream(llama.encode("<|eot_id|>")))
          .hasSizeGreaterThan(1)
          .allMatch(id -> id < 300);
      assertThat(llama.decode(llama.encode("<|eot_id|>"))).isEqualTo("<|eot_id|>");
    }
  }

  @Test
  void shouldFindTheMarksOfAQwenFolder() throws IOException {
    // Given: no token starts a text; config.json names one nevertheless
    Path file =
        ForeignTokenizer.byteLevel()
            .special("<|endoftext|>", 300)
            .special("<|im_end|>", 301)
            .added("<think>", 302)
            .write(dir);
    Files.writeString(
        dir.resolve("tokenizer_config.json"),
        "{\"bos_token\":null,\"eos_token\":{\"content\":\"<|im_end|>\"},"
            + "\"pad_token\":\"<|endoftext|>\"}");
    Files.writeString(dir.resolve("config.json"), "{\"bos_token_id\":300,\"eos_token_id\":301}");

    // When
    try (Tokenizer qwen = Tokenizer.load(file)) {

      // Then
      assertThat(qwen.bosId()).isEqualTo(300);
      assertThat(qwen.eosId()).isEqualTo(301);
      assertThat(qwen.padId()).isEqualTo(300);
      assertThat(qwen.encode("<think>")).containsExactly(302);
      assertThat(qwen.encode("<|im_end|>")).doesNotContain(301);
    }
  }

  @Test
  void shouldFindTheMarksByNameOrModelAlone() throws IOException {
    // Given
    Path named =
        ForeignTokenizer.byteLevel()
            .special("<unk>", 299)
            .special("<s>", 300)
            .special("</s>", 301)
            .unknown("<unk>")
            .specialsInVocabulary()
            .write(Files.createDirectory(dir.resolve("named")));
    Path modelled =
        ForeignTokenizer.byteLevel()
            .special("<odd>", 300)
            .write(Files.createDirectory(dir.resolve("modelled")));
    Files.writeString(
        modelled.resolveSibling("config.json"), "{\"bos_token_id\":9999,\"eos_token_id\":[300,5]}");

    // When
    try (Tokenizer byName = Tokenizer.load(named);
        Tokenizer byModel = Tokenizer.load(modelled)) {

      // Then
      assertThat(byName.bosId()).isEqualTo(300);
      assertThat(byName.eosId()).isEqualTo(301);
      assertThat(Arrays.stream(byName.encode("</s><unk>"))).allMatch(id -> id < 256);
      assertThat(byModel.bosId()).isEqualTo(300);
      assertThat(byModel.eosId()).isEqualTo(300);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{                                                                          | not JSON",
        "[]                                                                         | not a JSON object",
        "{}                                                                         | model.vocab is not a JSON object",
        "{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}                             | model.type is \"Unigram\"; allowed: BPE",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":\"b\"},\"merges\":[]}}        | an id in model.vocab is \"b\"",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}           | an id in model.vocab is -1",
        "{\"added_tokens\":[{\"content\":\"x\"}],\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0}}} | an id in added_tokens is",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a b\"]}}     | not a usable tokenizer",
        "{\"version\":\"1.0\",\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}} | no token ends a text"
      })
  void shouldNameWhatIsWrongInAFile(String content, String problem) throws IOException {
    // Given
    Path file = Files.writeString(dir.resolve("tokenizer.json"), content);

    // When, Then
    assertThatThrownBy(() -> Tokenizer.load(file))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tokenizer.json: ")
        .hasMessageContaining(problem);
  }

  @Test
  void shouldNameAMissingFile() {
    // Given
    Path file = dir.resolve("tokenizer.json");

    // When, Then
    assertThatThrownBy(() -> Tokenizer.load(file))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tokenizer.json: no such file");
  }
}
