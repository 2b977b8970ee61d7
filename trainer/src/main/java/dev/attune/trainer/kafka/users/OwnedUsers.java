package dev.attune.trainer.kafka.users;

import dev.attune.platform.store.DiskStore;
import dev.attune.trainer.users.UserMeasurements;
import dev.attune.trainer.users.UserPartition;
import dev.attune.trainer.users.UsersNote;
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
  private final Lane heads = new Lane();
  private final Lane rows = new Lane();
  private final UserMeasurements measurements = new UserMeasurements();
  private long evaluated;

  OwnedUsers(
      TopicPartition topicPartition,
      String topicId,
      String usersTopicId,
      Producer<String, SpecificRecord> producer,
      DiskStore disk,
      UserPartition users) {
    this.topicPartition = topicPartition;
    this.topicId = topicId;
    this.usersTopicId = usersTopicId;
    this.producer = producer;
    this.disk = disk;
    this.users = users;
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

  /** Records on their way through heads. */
  Lane heads() {
    return heads;
  }

  /** Records on their way through rows, which read the partition a second time. */
  Lane rows() {
    return rows;
  }

  /** What stands beside the group's offset once this batch is committed. */
  UsersNote note(UserPartition.Batch batch, long epoch) {
    return new UsersNote(topicId, usersTopicId, batch.rowPosition(), batch.time(), epoch);
  }
}
