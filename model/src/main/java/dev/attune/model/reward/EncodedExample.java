package dev.attune.model.reward;

import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.DialogueTemplate;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * An example as token ids, and the head that it trains. What is asked of it are its pairs and then
 * its judgements, in order: {@link #targets}.
 *
 * @param head the head that it trains
 * @param user the user's {@link UserKey}
 * @param served whether the event names the rewards that were served for its replies
 * @param dialogue the prompt and the replies
 * @param pairs comparisons between the replies, by index
 * @param judgements replies that were called good or bad by themselves, by index
 */
public record EncodedExample(
    String head,
    long user,
    boolean served,
    EncodedDialogue dialogue,
    List<Pair> pairs,
    List<Judgement> judgements) {

  static EncodedExample of(String head, PreferenceExample example, DialogueTemplate template) {
    return new EncodedExample(
        head,
        example.user(),
        example.served(),
        new EncodedDialogue(
            template.prompt(example.prompt()),
            example.replies().stream().map(text -> EncodedReply.of(text, template)).toList()),
        example.pairs(),
        example.judgements());
  }

  /** Returns whether there is anything to learn. */
  public boolean teaches() {
    return !pairs.isEmpty() || !judgements.isEmpty();
  }

  /**
   * One thing that is asked of an example: the probability that a reply is preferred to another, or
   * that one is called good.
   *
   * @param target what happened: 1, 0 for a reply that was called bad, ½ for a tie
   * @param weight as in the pair or judgement
   * @param longer by how many characters the preferred reply is longer than the other; 0 in a
   *     judgement
   */
  public record Target(double target, double weight, int longer) {}

  /** Returns what is asked: of each pair, and then of each judgement. */
  public List<Target> targets() {
    List<Target> targets = new ArrayList<>();
    List<EncodedReply> replies = dialogue.replies();
    for (Pair pair : pairs) {
      int longer =
          replies.get(pair.preferred()).characters() - replies.get(pair.other()).characters();
      targets.add(new Target(pair.tie() ? 0.5 : 1, pair.weight(), longer));
    }
    for (Judgement judgement : judgements) {
      targets.add(new Target(judgement.good() ? 1 : 0, judgement.weight(), 0));
    }
    return targets;
  }

  /**
   * Returns what rewards say of each target, in log-odds.
   *
   * @param rewards a reward for each reply
   * @param bias what the head adds where a reply is judged by itself
   */
  double[] logOdds(double[] rewards, double bias) {
    double[] logOdds = new double[pairs.size() + judgements.size()];
    int at = 0;
    for (Pair pair : pairs) {
      logOdds[at++] = rewards[pair.preferred()] - rewards[pair.other()];
    }
    for (Judgement judgement : judgements) {
      logOdds[at++] = rewards[judgement.reply()] + bias;
    }
    return logOdds;
  }

  /** Returns the weight of all its comparisons and judgements. */
  public double weight() {
    return pairs.stream().mapToDouble(Pair::weight).sum()
        + judgements.stream().mapToDouble(Judgement::weight).sum();
  }

  /** Writes the example as bytes. */
  public void write(DataOutputStream out) throws IOException {
    out.writeUTF(head);
    out.writeLong(user);
    out.writeBoolean(served);
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

  /** Reads what {@link #write} wrote. */
  public static EncodedExample read(DataInputStream in) throws IOException {
    String head = in.readUTF();
    return read(head, in.readLong(), in.readBoolean(), in);
  }

  /** Reads what was written before examples had users. */
  static EncodedExample readWithoutUser(DataInputStream in) throws IOException {
    return read(in.readUTF(), UserKey.NONE, false, in);
  }

  private static EncodedExample read(String head, long user, boolean served, DataInputStream in)
      throws IOException {
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
    return new EncodedExample(
        head, user, served, new EncodedDialogue(prompt, replies), pairs, judgements);
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
