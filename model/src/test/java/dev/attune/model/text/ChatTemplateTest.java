package dev.attune.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The expected texts are those that the families' published templates render. */
class ChatTemplateTest {
  private static final List<Turn> DIALOGUE =
      List.of(
          new Turn("system", "Be brief."),
          new Turn("user", "Hi"),
          new Turn("assistant", "Yes?"),
          new Turn("user", "Why?"));

  @TempDir Path dir;
  private final Map<Integer, String> specials = new LinkedHashMap<>();

  @Test
  void shouldLayOutChatMl() throws IOException {
    // Given: as in Qwen's folders, no token starts a text
    config("{\"bos_token\":null,\"eos_token\":\"<|im_end|>\"}");
    try (Tokenizer qwen = tokenizer("<|endoftext|>", "<|im_start|>", "<|im_end|>")) {
      DialogueTemplate template = new DialogueTemplate(qwen, 512, 64);

      // When
      int[] prompt = template.prompt(DIALOGUE);

      // Then
      assertThat(qwen.chatStyle()).isEqualTo(ChatStyle.CHATML);
      assertThat(rendered(qwen, prompt))
          .isEqualTo(
              """
              <|im_start|>system
              Be brief.<|im_end|>
              <|im_start|>user
              Hi<|im_end|>
              <|im_start|>assistant
              Yes?<|im_end|>
              <|im_start|>user
              Why?<|im_end|>
              <|im_start|>assistant
              """);
      assertThat(rendered(qwen, template.reply("So."))).isEqualTo("So.<|im_end|>");
      assertThat(template.startTokens()).isZero();
    }
  }

  @Test
  void shouldStartChatMlWithTheTokenizersOwnToken() throws IOException {
    // Given: as in models made from Llama 3
    try (Tokenizer hermes =
        tokenizer("<|begin_of_text|>", "<|end_of_text|>", "<|im_start|>", "<|im_end|>")) {

      // When
      int[] prompt = new DialogueTemplate(hermes, 512, 64).prompt(List.of());

      // Then
      assertThat(rendered(hermes, prompt)).isEqualTo("<|begin_of_text|><|im_start|>assistant\n");
      assertThat(hermes.endOfReplyId()).isNotEqualTo(hermes.eosId());
    }
  }

  @Test
  void shouldLayOutLlama3() throws IOException {
    // Given
    config("{\"bos_token\":\"<|begin_of_text|>\",\"eos_token\":\"<|end_of_text|>\"}");
    try (Tokenizer llama =
        tokenizer(
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>")) {
      DialogueTemplate template = new DialogueTemplate(llama, 512, 64);

      // When
      int[] prompt =
          template.prompt(List.of(new Turn("system", "Be brief.\n"), new Turn("user", " Hi ")));

      // Then
      assertThat(llama.chatStyle()).isEqualTo(ChatStyle.LLAMA3);
      assertThat(rendered(llama, prompt))
          .isEqualTo(
              "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
                  + "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
                  + "<|start_header_id|>assistant<|end_header_id|>\n\n");
      assertThat(rendered(llama, template.reply("So."))).isEqualTo("So.<|eot_id|>");
    }
  }

  @Test
  void shouldLayOutLlama2() throws IOException {
    // Given: its marks are text, which only the folder's own template tells
    config("{\"chat_template\":\"{{ '[INST] <<SYS>>' }}\"}");
    try (Tokenizer llama = tokenizer("<s>", "</s>")) {
      DialogueTemplate template = new DialogueTemplate(llama, 512, 64);

      // When
      int[] prompt = template.prompt(DIALOGUE);

      // Then
      assertThat(llama.chatStyle()).isEqualTo(ChatStyle.LLAMA2);
      assertThat(rendered(llama, prompt))
          .isEqualTo(
              "<s>[INST]<<SYS>>\nBe brief.\n<</SYS>>\n\nHi[/INST]Yes?</s><s>[INST]Why?[/INST]");
      assertThat(rendered(llama, template.reply("So."))).isEqualTo("So.</s>");
    }
  }

  @Test
  void shouldLayOutMistral() throws IOException {
    // Given
    try (Tokenizer mistral = tokenizer("<s>", "</s>", "[INST]", "[/INST]")) {
      DialogueTemplate template = new DialogueTemplate(mistral, 512, 64);

      // When
      int[] prompt = template.prompt(DIALOGUE);

      // Then
      assertThat(mistral.chatStyle()).isEqualTo(ChatStyle.MISTRAL);
      assertThat(rendered(mistral, prompt))
          .isEqualTo("<s>[INST]Be brief.\n\nHi[/INST]Yes?</s>[INST]Why?[/INST]");
      assertThat(rendered(mistral, template.prompt(DIALOGUE.subList(0, 1))))
          .isEqualTo("<s>[INST]Be brief.\n\n[/INST]");
      assertThat(rendered(mistral, template.prompt(List.of()))).isEqualTo("<s>");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{}; CHATML",
        "{\"chat_template\":\"<|im_start|>\"}; CHATML",
        "{\"chat_template\":\"<|User|>\"}; PLAIN",
        "{\"chat_template\":\"[INST]\"}; MISTRAL",
        "{\"chat_template\":[{\"name\":\"tool_use\",\"template\":\"[INST]\"},"
            + "{\"name\":\"default\",\"template\":\"<|im_start|>\"}]}; CHATML"
      })
  void shouldHeedTheTemplateThatTheFolderStates(String config, ChatStyle style) throws IOException {
    // Given
    config(config);

    // When
    try (Tokenizer tokenizer = tokenizer("<s>", "</s>", "<|im_start|>", "<|im_end|>")) {

      // Then
      assertThat(tokenizer.chatStyle()).isEqualTo(style);
      assertThat(tokenizer.statesChatTemplate()).isEqualTo(!config.equals("{}"));
    }
  }

  @Test
  void shouldReadTheTemplateFromAFileOfItsOwn() throws IOException {
    // Given
    Files.writeString(dir.resolve("chat_template.jinja"), "{{ '[INST]' }}");

    // When
    try (Tokenizer tokenizer = tokenizer("<s>", "</s>")) {

      // Then
      assertThat(tokenizer.chatStyle()).isEqualTo(ChatStyle.MISTRAL);
    }
  }

  private void config(String json) throws IOException {
    Files.writeString(
        dir.resolve("tokenizer_config.json"), new JsonMapper().readTree(json).toString());
  }

  private Tokenizer tokenizer(String... tokens) throws IOException {
    ForeignTokenizer tokenizer = ForeignTokenizer.byteLevel();
    for (String token : tokens) {
      specials.put(300 + specials.size(), token);
      tokenizer.special(token, 299 + specials.size());
    }
    return Tokenizer.load(tokenizer.write(dir));
  }

  /** The text of ids, special tokens included. */
  private String rendered(Tokenizer tokenizer, int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(specials.getOrDefault(id, tokenizer.decode(new int[] {id})));
    }
    return text.toString();
  }
}
