package dev.attune.model.reward;

import dev.attune.model.text.DialogueTemplate;

/**
 * A reply as its heads read it.
 *
 * @param ids token ids, perhaps cut off
 * @param characters the whole text's length, in code points
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier that is never compared
public record EncodedReply(int[] ids, int characters) {
  static EncodedReply of(String text, DialogueTemplate template) {
    return new EncodedReply(template.reply(text), text.codePointCount(0, text.length()));
  }
}
