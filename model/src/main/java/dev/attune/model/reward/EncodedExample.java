package dev.attune.model.reward;

import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.DialogueTemplate;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** An example as token ids, and the head that it trains. */
record EncodedExample(String head, int[] prompt, List<int[]> replies, List<Pair> pairs) {

  static EncodedExample of(String head, PreferenceExample example, DialogueTemplate template) {
    return new EncodedExample(
        head,
        template.prompt(example.prompt()),
        example.replies().stream().map(template::reply).toList(),
        example.pairs());
  }

  void write(DataOutputStream out) throws IOException {
    out.writeUTF(head);
    writeIds(out, prompt);
    out.writeInt(replies.size());
    for (int[] reply : replies) {
      writeIds(out, reply);
    }
    out.writeInt(pairs.size());
    for (Pair pair : pairs) {
      out.writeInt(pair.preferred());
      out.writeInt(pair.other());
      out.writeFloat(pair.weight());
      out.writeFloat(pair.margin());
      out.writeBoolean(pair.tie());
    }
  }

  static EncodedExample read(DataInputStream in) throws IOException {
    String head = in.readUTF();
    int[] prompt = readIds(in);
    List<int[]> replies = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      replies.add(readIds(in));
    }
    List<Pair> pairs = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      pairs.add(
          new Pair(in.readInt(), in.readInt(), in.readFloat(), in.readFloat(), in.readBoolean()));
    }
    return new EncodedExample(head, prompt, replies, pairs);
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
