package dev.attune.trainer.kafka.users;

import dev.attune.platform.store.DiskStore;
import dev.attune.trainer.users.BucketRecord;
import dev.attune.trainer.users.UserMeasurements;
import dev.attune.trainer.users.UserPartition;
import dev.attune.trainer.users.UsersNote;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;

/** A partition whose users this instance trains. Confined to the polling thread. */
final class OwnedUsers {
  private final TopicPartition topicPartition;
  private final String topicId;
  private final String usersTopicId;
  private final Producer<String, SpecificRecord> producer;
  private final DiskStore disk;
  private final UserPartition users;
  private final Deque<Fetched> heads = new ArrayDeque<>();
  private final Deque<Fetched> rows = new ArrayDeque<>();
  private final UserMeasurements measurements = new UserMeasurements();
  private long evaluated;
  private long position;
  private long rowPosition;

  /**
   * A record that was read and not yet learned.
   *
   * @param timestamp when ingest wrote it, in milliseconds
   */
  record Fetched(BucketRecord record, long timestamp) {}

  OwnedUsers(
      TopicPartition topicPartition,
      String topicId,
      String usersTopicId,
      Producer<String, SpecificRecord> producer,
      DiskStore disk,
      UserPartition users,
      long position,
      long rowPosition) {
    this.topicPartition = topicPartition;
    this.topicId = topicId;
    this.usersTopicId = usersTopicId;
    this.producer = producer;
    this.disk = disk;
    this.users = users;
    this.position = position;
    this.rowPosition = rowPosition;
  }

  TopicPartition topicPartition() {
    return topicPartition;
  }

  Producer<String, SpecificRecord> producer() {
    return producer;
  }

  DiskStore disk() {
    return disk;
  }

  UserPartition users() {
    return users;
  }

  /** What heads expected, since the partition was taken up. */
  UserMeasurements measurements() {
    return measurements;
  }

  /** Whether so many comparisons were measured since the last time that it was. */
  boolean evaluationDue(int every) {
    if (measurements.count() - evaluated < every) {
      return false;
    }
    evaluated = measurements.count();
    return true;
  }

  /** Records for heads, and after them for rows. */
  Deque<Fetched> heads() {
    return heads;
  }

  Deque<Fetched> rows() {
    return rows;
  }

  /** The first offset that heads have not learned from, as committed. */
  long position() {
    return position;
  }

  /** The first offset that rows have not learned from, as committed. */
  long rowPosition() {
    return rowPosition;
  }

  void committed(long headPosition, long newRowPosition) {
    position = headPosition;
    rowPosition = newRowPosition;
  }

  /** The records that rows may learn now: only what heads have learned. */
  List<Fetched> readyForRows(int most) {
    List<Fetched> ready = new ArrayList<>();
    for (Fetched fetched : rows) {
      if (ready.size() == most || fetched.record().offset() >= position) {
        break;
      }
      ready.add(fetched);
    }
    return ready;
  }

  UsersNote note(long newRowPosition, UserPartition.Batch batch, long epoch) {
    return new UsersNote(topicId, usersTopicId, newRowPosition, batch.time(), epoch);
  }
}
