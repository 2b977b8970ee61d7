package dev.attune.trainer.policy;

import dev.attune.model.policy.UserEvent;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.RewardComponents;
import dev.attune.trainer.core.OnlineLearners;
import dev.attune.trainer.core.TrainerException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the policy's training stands: what has been read of attune.buckets.by-user, the sample of
 * it, and when the next epoch is due. All of it goes into the state of a manifest. Depends on which
 * buckets were read and not on how those of different partitions came interleaved, but for when an
 * epoch is due. Confined to one thread.
 */
public final class PolicyTraining {
  private static final int FORMAT = 0x41545031; // "ATP1"

  private final EpochSchedule schedule;
  private final UserSample sample;
  private final SortedMap<Integer, Long> positions = new TreeMap<>();
  private PolicyCounts counts = new PolicyCounts(0, 0, 0);
  private long decidedAt;
  private boolean taken;
  private boolean changed;

  /**
   * How events are sampled and when epochs are learned.
   *
   * @param most events of the sample
   * @param mostOfUser events of one user
   * @param seed decides which
   */
  public record Settings(EpochSchedule schedule, int most, int mostOfUser, long seed) {}

  /** One that has read nothing. */
  public PolicyTraining(Settings settings) {
    this.schedule = settings.schedule();
    this.sample = new UserSample(settings.most(), settings.mostOfUser(), settings.seed());
  }

  /**
   * One that goes on from {@link #toBytes}; the limits of the sample may be others now.
   *
   * @throws TrainerException if the bytes are no such state
   */
  public static PolicyTraining restore(Settings settings, byte[] bytes) {
    PolicyTraining training = new PolicyTraining(settings);
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (in.readInt() != FORMAT) {
        throw new IOException("another format");
      }
      training.counts = new PolicyCounts(in.readLong(), in.readLong(), in.readLong());
      training.decidedAt = in.readLong();
      for (int left = in.readInt(); left > 0; left--) {
        training.positions.put(in.readInt(), in.readLong());
      }
      training.sample.read(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new TrainerException("the state of the policy is malformed: " + e.getMessage(), e);
    }
    return training;
  }

  /** Sets where a partition is read from. */
  public void startAt(int partition, long offset) {
    positions.put(partition, offset);
  }

  /**
   * Takes a bucket in.
   *
   * @param user the record's key
   * @param bucket null: the user has been erased
   * @return how many events it had
   */
  public int accept(int partition, long offset, String user, @Nullable PreferenceBucket bucket) {
    positions.put(partition, offset + 1);
    changed = true;
    if (bucket == null) {
      taken |= sample.erase(user);
      return 0;
    }
    for (Retraction retraction : bucket.getRetractions()) {
      taken |= sample.retract(bucket.getSourcePartition(), retraction.getOffset());
    }
    List<PreferenceExample> examples = OnlineLearners.examples(bucket);
    int events = 0;
    for (int i = 0; i < examples.size(); i++) {
      PreferenceExample example = examples.get(i);
      if (example.pairs().isEmpty() && example.judgements().isEmpty()) {
        continue;
      }
      Feedback feedback = bucket.getFeedback().get(i);
      events++;
      counts = counts.plus(example.pairs().size(), example.judgements().size());
      sample.add(
          new SampledEvent(
              bucket.getSourcePartition(),
              feedback.getOffset(),
              feedback.getOccurredAt().toEpochMilli(),
              new UserEvent(bucket.getUserId(), kept(example), served(feedback))));
    }
    return events;
  }

  /** What a policy learns from, and so what is stored. */
  private static PreferenceExample kept(PreferenceExample example) {
    return new PreferenceExample(
        example.prompt(),
        example.replies(),
        example.pairs(),
        example.judgements(),
        example.userText());
  }

  private static List<OptionalDouble> served(Feedback feedback) {
    return feedback.getReplies().stream().map(PolicyTraining::served).toList();
  }

  private static OptionalDouble served(Reply reply) {
    RewardComponents components = reply.getServedComponents();
    return components == null ? OptionalDouble.empty() : OptionalDouble.of(components.getDomain());
  }

  /** Whether an epoch is due now. */
  public boolean epochDue() {
    return schedule.after(decidedAt) <= counts.events();
  }

  /** Notes that the epoch that was due has been made, or refused. */
  public void decided() {
    decidedAt = counts.events();
    changed = true;
  }

  /** Events since an epoch was last made or refused. */
  public long sinceDecision() {
    return counts.events() - decidedAt;
  }

  /** Whether something has changed since the last {@link #committed}. */
  public boolean uncommitted() {
    return changed;
  }

  /** Whether something was taken out since then that must not stay in what is stored. */
  public boolean taken() {
    return taken;
  }

  /** Notes that what is now is stored. */
  public void committed() {
    changed = false;
    taken = false;
  }

  public UserSample sample() {
    return sample;
  }

  public PolicyCounts counts() {
    return counts;
  }

  /** By partition of attune.buckets.by-user, the first offset that was not read. */
  public Map<Integer, Long> positions() {
    return new TreeMap<>(positions);
  }

  /** Everything that {@link #restore} needs; the same buckets give the same bytes. */
  public byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(FORMAT);
      out.writeLong(counts.events());
      out.writeLong(counts.comparisons());
      out.writeLong(counts.judgements());
      out.writeLong(decidedAt);
      out.writeInt(positions.size());
      for (Map.Entry<Integer, Long> position : positions.entrySet()) {
        out.writeInt(position.getKey());
        out.writeLong(position.getValue());
      }
      sample.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
