package dev.attune.cli.users;

import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.platform.KafkaSettings;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * What a pipeline of the trainer keeps in memory and on disk. It deletes what it has of a user in
 * the transaction whose offset passes the word of the erasure, so the group's offset says whether
 * that has happened.
 */
final class PipelinePlace implements Place {
  private final KafkaSettings kafka;
  private final String name;
  private final String group;
  private final BucketsPlace buckets;
  private final UsersPlace users;
  private final Admin admin;

  PipelinePlace(
      KafkaSettings kafka, String name, String group, BucketsPlace buckets, UsersPlace users) {
    this.kafka = kafka;
    this.name = name;
    this.group = group;
    this.buckets = buckets;
    this.users = users;
    this.admin = KafkaCalls.admin(kafka);
  }

  @Override
  public Finding look() {
    Map<TopicPartition, OffsetAndMetadata> offsets =
        KafkaCalls.await(
            kafka, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    return finding(name, group, buckets.word(), offsets, users.statesThere());
  }

  static Finding finding(
      String name,
      String group,
      Optional<ConsumerRecord<byte[], byte[]>> word,
      Map<TopicPartition, OffsetAndMetadata> offsets,
      boolean statesThere) {
    if (offsets.isEmpty()) {
      return statesThere
          ? Finding.notChecked(name, "group %s has no offsets; name the right one".formatted(group))
          : Finding.clean(
              name, Finding.Kind.STATE, "it has never run: there is no state of anybody");
    }
    if (word.isEmpty()) {
      return Finding.holds(name, Finding.Kind.STATE, "it has not been told yet", null);
    }
    ConsumerRecord<byte[], byte[]> told = word.get();
    OffsetAndMetadata offset = offsets.get(new TopicPartition(told.topic(), told.partition()));
    return offset != null && offset.offset() > told.offset()
        ? Finding.clean(name, Finding.Kind.STATE, "it has followed the word of the erasure")
        : Finding.holds(name, Finding.Kind.STATE, "it has not read the word of the erasure", null);
  }

  @Override
  public void close() {
    admin.close();
  }
}
