package dev.attune.ingest.topology;

/** Names of the topology's sources, processors and sinks. */
public final class Nodes {
  public static final String PREFERENCES = "preferences";
  public static final String VALIDATE = "validate";
  public static final String ADMIT = "admit";
  public static final String RELEASED = "released";
  public static final String RELEASE = "release";
  public static final String REWARDS = "rewards";
  public static final String SERVED = "served";
  public static final String JOIN = "join";
  public static final String BUCKET = "bucket";
  public static final String ERASURES = "erasures";
  public static final String ERASE = "erase";
  public static final String REJECTED_SINK = "rejected";
  public static final String QUARANTINED_SINK = "quarantined";
  public static final String BY_USER_SINK = "by-user";
  public static final String BY_DOMAIN_SINK = "by-domain";
  public static final String USERS_SINK = "users";

  private Nodes() {}
}
