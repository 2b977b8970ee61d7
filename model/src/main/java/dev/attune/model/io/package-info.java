/**
 * Models on disk, in Hugging Face's folder layout: {@code config.json}, {@code tokenizer.json} and
 * safetensors files.
 */
@NullMarked
package dev.attune.model.io;

import org.jspecify.annotations.NullMarked;
