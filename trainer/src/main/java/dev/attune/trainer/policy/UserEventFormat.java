package dev.attune.trainer.policy;

import dev.attune.model.policy.UserEvent;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.Turn;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Events as bytes, without their user's id. */
final class UserEventFormat {
  private static final int NOTHING = -1;

  private UserEventFormat() {}

  static void write(DataOutputStream out, UserEvent event) throws IOException {
    PreferenceExample example = event.event();
    out.writeInt(example.prompt().size());
    for (Turn turn : example.prompt()) {
      writeText(out, turn.role());
      writeText(out, turn.text());
    }
    out.writeInt(example.replies().size());
    for (int i = 0; i < example.replies().size(); i++) {
      writeText(out, example.replies().get(i));
      out.writeDouble(event.served().get(i).orElse(Double.NaN));
    }
    out.writeInt(example.pairs().size());
    for (Pair pair : example.pairs()) {
      out.writeInt(pair.preferred());
      out.writeInt(pair.other());
      out.writeFloat(pair.weight());
      out.writeFloat(pair.margin());
      out.writeBoolean(pair.tie());
    }
    out.writeInt(example.judgements().size());
    for (Judgement judgement : example.judgements()) {
      out.writeInt(judgement.reply());
      out.writeBoolean(judgement.good());
      out.writeFloat(judgement.weight());
    }
    writeText(out, example.userText());
  }

  static UserEvent read(DataInputStream in, String user) throws IOException {
    List<Turn> prompt = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      prompt.add(new Turn(readText(in), readText(in)));
    }
    List<String> replies = new ArrayList<>();
    List<OptionalDouble> served = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      replies.add(readText(in));
      double reward = in.readDouble();
      served.add(Double.isNaN(reward) ? OptionalDouble.empty() : OptionalDouble.of(reward));
    }
    List<Pair> pairs = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      pairs.add(
          new Pair(in.readInt(), in.readInt(), in.readFloat(), in.readFloat(), in.readBoolean()));
    }
    List<Judgement> judgements = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      judgements.add(new Judgement(in.readInt(), in.readBoolean(), in.readFloat()));
    }
    return new UserEvent(
        user, new PreferenceExample(prompt, replies, pairs, judgements, readText(in)), served);
  }

  static void writeText(DataOutputStream out, @Nullable String text) throws IOException {
    if (text == null) {
      out.writeInt(NOTHING);
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static @Nullable String readText(DataInputStream in) throws IOException {
    int length = in.readInt();
    return length == NOTHING ? null : new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }
}
