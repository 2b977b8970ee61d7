package dev.attune.trainer.users;

import dev.attune.model.policy.UserState;

/** Learns one part of users' states, event by event. One thread at a time. */
interface EventLearner {

  /** The state with the event learned and counted. */
  UserState learn(UserState state, PastEvent event);

  /** The state with what the event taught taken out, to first order, and no longer counted. */
  UserState forget(UserState state, PastEvent event);

  /** The state with this part as a user has it of whom nothing is known. */
  UserState restart(UserState state);

  /** How many events this part has learned from. */
  long events(UserState state);
}
