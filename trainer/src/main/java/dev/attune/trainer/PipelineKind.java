package dev.attune.trainer;

/** The trainer's pipelines, of which a process runs some or all. */
public enum PipelineKind {
  /** Reward models, from attune.buckets.by-domain. */
  REWARDS,
  /** Users' states, from attune.buckets.by-user. */
  USERS,
  /** What all users share, from attune.buckets.by-user; one process at a time is at work. */
  POLICY
}
