package dev.attune.model.reward;

import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.DialogueTemplate;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** An example as token ids, and the head that it trains. */
record EncodedExample(
    String head, EncodedDialogue dialogue, List<Pair> pairs, List<Judgement> judgements) {

  static EncodedExample of(String head, PreferenceExample example, DialogueTemplate template) {
    return new EncodedExample(
        head,
        new EncodedDialogue(
            template.prompt(example.prompt()),
            example.replies().stream().map(text -> EncodedReply.of(text, template)).toList()),
        example.pairs(),
        example.judgements());
  }

  /** Returns whether there is anything to learn. */
  boolean teaches() {
    return !pairs.isEmpty() || !judgements.isEmpty();
  }

  /** Returns the weight of all its comparisons and judgements. */
  double weight() {
    return pairs.stream().mapToDouble(Pair::weight).sum()
        + judgements.stream().mapToDouble(Judgement::weight).sum();
  }

  void write(DataOutputStream out) throws IOException {
    out.writeUTF(head);
    writeIds(out, dialogue.prompt());
    out.writeInt(dialogue.replies().size());
    for (EncodedReply reply : dialogue.replies()) {
      writeIds(out, reply.ids());
      out.writeInt(reply.characters());
    }
    out.writeInt(pairs.size());
    for (Pair pair : pairs) {
      out.writeInt(pair.preferred());
      out.writeInt(pair.other());
      out.writeFloat(pair.weight());
      out.writeFloat(pair.margin());
      out.writeBoolean(pair.tie());
    }
    out.writeInt(judgements.size());
    for (Judgement judgement : judgements) {
      out.writeInt(judgement.reply());
      out.writeBoolean(judgement.good());
      out.writeFloat(judgement.weight());
    }
  }

  static EncodedExample read(DataInputStream in) throws IOException {
    String head = in.readUTF();
    int[] prompt = readIds(in);
    List<EncodedReply> replies = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      int[] ids = readIds(in);
      replies.add(new EncodedReply(ids, in.readInt()));
    }
    List<Pair> pairs = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      pairs.add(
          new Pair(in.readInt(), in.readInt(), in.readFloat(), in.readFloat(), in.readBoolean()));
    }
    List<Judgement> judgements = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      judgements.add(new Judgement(in.readInt(), in.readBoolean(), in.readFloat()));
    }
    return new EncodedExample(head, new EncodedDialogue(prompt, replies), pairs, judgements);
  }

  /** Ids in seven-bit groups: two bytes each for most vocabularies. */
  private static void writeIds(DataOutputStream out, int[] ids) throws IOException {
    out.writeInt(ids.length);
    for (int id : ids) {
      int rest = id;
      while (rest > 0x7f) {
        out.write((rest & 0x7f) | 0x80);
        rest >>>= 7;
      }
      out.write(rest);
    }
  }

  private static int[] readIds(DataInputStream in) throws IOException {
    int[] ids = new int[in.readInt()];
    for (int i = 0; i < ids.length; i++) {
      int shift = 0;
      int part;
      do {
        part = in.readUnsignedByte();
        ids[i] |= (part & 0x7f) << shift;
        shift += 7;
      } while (part > 0x7f);
    }
    return ids;
  }
}
