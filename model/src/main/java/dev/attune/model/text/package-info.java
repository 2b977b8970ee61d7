/** From text to token ids: the tokenizer, its training, and the one dialogue template. */
@NullMarked
package dev.attune.model.text;

import org.jspecify.annotations.NullMarked;
