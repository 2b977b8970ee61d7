package dev.attune.model.text;

/**
 * The layouts of dialogues that are known. Hugging Face folders state theirs as a program ({@code
 * chat_template}, in Jinja); rather than run it, the layout is recognised by the special tokens,
 * and by the marks that the program mentions. {@code text} is a turn's text, {@code <bos>} and
 * {@code <eos>} the tokenizer's own; a reply follows the prompt's end.
 */
public enum ChatStyle {
  /** Attune's own special tokens: {@code <bos> (<|user|> text <|end|>)* <|assistant|>}. */
  ATTUNE,

  /**
   * ChatML, as Qwen has it: {@code (<|im_start|>user\n text <|im_end|>\n)*
   * <|im_start|>assistant\n}, after {@code <bos>} where the tokenizer has one. A reply ends with
   * {@code <|im_end|>}.
   */
  CHATML,

  /**
   * Llama 3: {@code <bos> (<|start_header_id|>user<|end_header_id|>\n\n text <|eot_id|>)*
   * <|start_header_id|>assistant<|end_header_id|>\n\n}; texts without space around them. A reply
   * ends with {@code <|eot_id|>}.
   */
  LLAMA3,

  /**
   * Llama 2: {@code (<bos> [INST] text [/INST] answer <eos>)*}; texts without space around them. A
   * system's turn is {@code <<SYS>>\n text \n<</SYS>>\n\n} at the head of the user's turn after it.
   */
  LLAMA2,

  /**
   * Mistral: {@code <bos> ([INST] text [/INST] answer <eos>)*}. A system's turn is its text and an
   * empty line at the head of the user's turn after it.
   */
  MISTRAL,

  /**
   * The default where none of the others is recognised: {@code <bos> (user: text \n)* assistant:},
   * in plain text, which, unlike a special token, a text can imitate.
   */
  PLAIN
}
