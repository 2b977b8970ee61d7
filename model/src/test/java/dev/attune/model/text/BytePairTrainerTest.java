package dev.attune.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BytePairTrainerTest {
  @TempDir Path dir;

  @Test
  void shouldMergeTheMostFrequentPairFirst() throws IOException {
    // Given
    Path file = dir.resolve("tokenizer.json");

    // When
    int size =
        BytePairTrainer.train(
            List.of("low low low low low lower lower newest newest newest"),
            BytePairTrainer.MIN_VOCABULARY + 3,
            file,
            done -> {});

    // Then: "lo" and "ow" occur 7 times ("o" has the smaller id than "w", "l" than "o"), then "low"
    assertThat(size).isEqualTo(BytePairTrainer.MIN_VOCABULARY + 3);
    assertThat(Files.readString(file)).contains("\"merges\":[\"l o\",\"lo w\",\"Ġ low\"]");
  }

  @Test
  void shouldReadItsOwnTextBack() {
    // Given
    List<String> texts = TestTexts.sentences(400, 7);
    Path file = dir.resolve("tokenizer.json");
    BytePairTrainer.train(texts, 600, file, done -> {});

    // When
    try (Tokenizer tokenizer = Tokenizer.load(file)) {

      // Then
      assertThat(tokenizer.size()).isEqualTo(600);
      assertThat(texts)
          .allSatisfy(
              text -> {
                int[] ids = tokenizer.encode(text);
                assertThat(tokenizer.decode(ids)).isEqualTo(text);
                assertThat(ids.length).isLessThan(text.length());
              });
    }
  }

  @Test
  void shouldWriteAFileThatHuggingFacesLibraryReads() throws IOException {
    // Given
    Path file = dir.resolve("tokenizer.json");
    BytePairTrainer.train(TestTexts.sentences(100, 7), 400, file, done -> {});

    // When
    try (HuggingFaceTokenizer reference =
        HuggingFaceTokenizer.builder()
            .optTokenizerPath(file)
            .optPadding(false)
            .optTruncation(false)
            .optAddSpecialTokens(false)
            .build()) {

      // Then
      assertThat(
              reference
                  .encode("<|bos|><|eos|><|pad|><|system|><|user|><|assistant|><|end|>")
                  .getIds())
          .containsExactly(0, 1, 2, 3, 4, 5, 6);
      assertThat(dir.resolve("tokenizer_config.json"))
          .content()
          .contains("\"eos_token\":\"<|eos|>\"");
    }
  }

  @Test
  void shouldCutWordsAsTheTokenizerDoes() {
    // Given: merges learned from other words than those that are encoded would be lost
    List<String> texts = new ArrayList<>(TestTexts.sentences(300, 9));
    texts.addAll(
        List.of(
            "don't we'll I'VE  it's\n\n  two   spaces ",
            "x=1;\tif (a<b) {\r\n  y[10]*=2.5e-3; }",
            "naïve Straße 東京タワー ١٢٣ ½ ² 🙂🙂 a\u00a0b \u2028 e\u0301",
            "'''s 'tis o'clock rock'n'roll",
            "   ",
            "\n \n"));
    Path file = dir.resolve("tokenizer.json");
    BytePairTrainer.train(texts, 500, file, done -> {});

    // When
    try (Tokenizer tokenizer = Tokenizer.load(file)) {

      // Then
      assertThat(texts)
          .allSatisfy(
              text ->
                  assertThat(tokenizer.encode(text))
                      .isEqualTo(
                          ByteLevel.WORDS
                              .matcher(text)
                              .results()
                              .flatMapToInt(word -> Arrays.stream(tokenizer.encode(word.group())))
                              .toArray()));
    }
  }

  @Test
  void shouldNotDependOnTheOrderOfTexts() throws IOException {
    // Given
    List<String> texts = TestTexts.sentences(300, 3);
    List<String> shuffled = new ArrayList<>(texts);
    Collections.shuffle(shuffled, new Random(5));
    BytePairTrainer.train(texts, 700, dir.resolve("a.json"), done -> {});

    // When
    BytePairTrainer.train(shuffled, 700, dir.resolve("b.json"), done -> {});

    // Then
    assertThat(dir.resolve("b.json")).hasSameBinaryContentAs(dir.resolve("a.json"));
  }

  @Test
  void shouldLearnTheMergesOfAPlainCountEachStep() throws IOException {
    // Given
    List<String> texts = new ArrayList<>(TestTexts.sentences(60, 11));
    texts.add("aaaaaaa aaaa aaa abababab ababab banana bananas ananas");

    // When
    BytePairTrainer.train(texts, 460, dir.resolve("t.json"), done -> {});

    // Then
    assertThat(TestTexts.merges(dir.resolve("t.json")))
        .isEqualTo(new NaiveBytePairs(texts).merges(460 - BytePairTrainer.MIN_VOCABULARY));
  }

  @Test
  void shouldStopWhereNoPairOccursTwice() {
    // Given
    Path file = dir.resolve("tokenizer.json");

    // When
    int size = BytePairTrainer.train(List.of("abc"), 4096, file, done -> {});

    // Then
    assertThat(size).isEqualTo(BytePairTrainer.MIN_VOCABULARY);
  }

  @Test
  void shouldTakeAnyText() {
    // Given
    List<String> odd =
        List.of(
            "", " ", "\uD800", "\0\0\0\0", "🙂🙂🙂🙂", "x".repeat(100_000), "\r\n\t\u00a0\u2028");
    Path file = dir.resolve("tokenizer.json");
    BytePairTrainer.train(odd, 300, file, done -> {});

    // When
    try (Tokenizer tokenizer = Tokenizer.load(file)) {

      // Then
      assertThat(tokenizer.decode(tokenizer.encode("🙂 xxx"))).isEqualTo("🙂 xxx");
    }
  }

  @Test
  void shouldTellItsProgress() {
    // Given
    List<Double> told = new ArrayList<>();

    // When
    BytePairTrainer.train(TestTexts.sentences(200, 1), 500, dir.resolve("t.json"), told::add);

    // Then
    assertThat(told).isSorted().first().isEqualTo(0.0);
    assertThat(told).last().isEqualTo(1.0);
  }

  @Test
  void shouldRejectAVocabularyWithoutRoomForBytes() {
    // Given
    int size = BytePairTrainer.MIN_VOCABULARY - 1;

    // When, Then
    assertThatThrownBy(
            () -> BytePairTrainer.train(List.of(), size, dir.resolve("t.json"), done -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("262")
        .hasMessageContaining("263");
  }
}
