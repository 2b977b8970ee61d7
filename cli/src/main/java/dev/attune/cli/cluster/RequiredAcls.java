package dev.attune.cli.cluster;

import static org.apache.kafka.common.acl.AclOperation.ALTER_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.IDEMPOTENT_WRITE;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;

import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** What each component may do on a cluster with an authorizer, and nothing beyond. */
final class RequiredAcls {
  private final String principalPrefix;
  private final List<AclBinding> bindings = new ArrayList<>();

  private RequiredAcls(String principalPrefix) {
    this.principalPrefix = principalPrefix;
  }

  /**
   * All bindings.
   *
   * @param principalPrefix put before the component's name, such as {@code User:attune-}
   */
  static List<AclBinding> all(String principalPrefix) {
    RequiredAcls acls = new RequiredAcls(principalPrefix);
    acls.ingest();
    acls.trainer();
    acls.scorer();
    acls.chatApp();
    acls.operator();
    return acls.bindings;
  }

  private void ingest() {
    String who = "ingest";
    read(who, Topics.PREFERENCES, Topics.PREFERENCES_RELEASED, Topics.REWARDS, Topics.ERASURES);
    write(
        who,
        Topics.PREFERENCES_REJECTED,
        Topics.PREFERENCES_QUARANTINED,
        Topics.BUCKETS_BY_USER,
        Topics.BUCKETS_BY_DOMAIN,
        Topics.USERS);
    // The Streams app's own changelog topics.
    prefixed(who, ResourceType.TOPIC, "attune-ingest", AclOperation.ALL);
    groupAndTransactions(who);
  }

  private void trainer() {
    String who = "trainer";
    read(
        who,
        Topics.BUCKETS_BY_DOMAIN,
        Topics.BUCKETS_BY_USER,
        Topics.MODELS,
        Topics.ARTIFACTS,
        Topics.USERS,
        Topics.ERASURES);
    write(who, Topics.MODELS, Topics.ARTIFACTS, Topics.USERS, Topics.EVALUATIONS);
    groupAndTransactions(who);
  }

  private void scorer() {
    String who = "scorer";
    read(
        who,
        Topics.PROMPTS,
        Topics.MODELS,
        Topics.ARTIFACTS,
        Topics.USERS,
        Topics.ERASURES,
        Topics.BUCKETS_BY_USER);
    // Preferences come in by its HTTP door.
    write(who, Topics.REWARDS, Topics.REWARDS_SHADOW, Topics.PREFERENCES);
    groupAndTransactions(who);
    // With share delivery it sets its group up.
    prefixed(who, ResourceType.GROUP, "attune-scorer", DESCRIBE_CONFIGS, ALTER_CONFIGS);
  }

  private void chatApp() {
    String who = "chat";
    write(who, Topics.PREFERENCES, Topics.PROMPTS);
    read(who, Topics.REWARDS);
    prefixed(who, ResourceType.GROUP, "chat", READ);
    cluster(who);
  }

  /**
   * Whoever may let held back events pass, erase users and choose what is served; but for the
   * trainer's models nobody else writes there. To certify an erasure everything has to be read, and
   * the scorer to be asked.
   */
  private void operator() {
    String who = "operator";
    read(who, Topics.all().toArray(Topic<?>[]::new));
    write(
        who,
        Topics.PREFERENCES_RELEASED,
        Topics.ERASURES,
        Topics.MODELS,
        Topics.ARTIFACTS,
        Topics.PROMPTS);
    prefixed(who, ResourceType.TOPIC, "attune-ingest", READ, DESCRIBE, DESCRIBE_CONFIGS);
    prefixed(who, ResourceType.GROUP, "attune-trainer", DESCRIBE);
    cluster(who);
  }

  private void groupAndTransactions(String who) {
    prefixed(who, ResourceType.GROUP, "attune-" + who, READ, DESCRIBE);
    prefixed(who, ResourceType.TRANSACTIONAL_ID, "attune-" + who, WRITE, DESCRIBE);
    cluster(who);
  }

  private void read(String who, Topic<?>... topics) {
    topics(who, List.of(READ, DESCRIBE, DESCRIBE_CONFIGS), topics);
  }

  private void write(String who, Topic<?>... topics) {
    topics(who, List.of(WRITE, DESCRIBE), topics);
  }

  private void topics(String who, List<AclOperation> operations, Topic<?>... topics) {
    for (Topic<?> topic : topics) {
      for (AclOperation operation : operations) {
        add(who, ResourceType.TOPIC, topic.name(), PatternType.LITERAL, operation);
      }
    }
  }

  private void prefixed(String who, ResourceType type, String name, AclOperation... operations) {
    for (AclOperation operation : operations) {
      add(who, type, name, PatternType.PREFIXED, operation);
    }
  }

  private void cluster(String who) {
    add(who, ResourceType.CLUSTER, "kafka-cluster", PatternType.LITERAL, IDEMPOTENT_WRITE);
  }

  private void add(
      String who, ResourceType type, String name, PatternType pattern, AclOperation operation) {
    AclBinding binding =
        new AclBinding(
            new ResourcePattern(type, name, pattern),
            new AccessControlEntry(principalPrefix + who, "*", operation, AclPermissionType.ALLOW));
    if (!bindings.contains(binding)) {
      bindings.add(binding);
    }
  }
}
