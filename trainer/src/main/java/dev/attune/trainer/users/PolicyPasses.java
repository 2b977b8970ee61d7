package dev.attune.trainer.users;

import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.ResidentPolicy;
import dev.attune.model.policy.RowSlopes;
import dev.attune.model.policy.UserState;
import dev.attune.model.reward.PreferenceExample;
import java.util.List;

/**
 * The passes of a base and a policy that users' states are learned with. One thread at a time, but
 * that one may ask for {@link #features} while another asks for {@link #slopes}.
 */
public interface PolicyPasses extends AutoCloseable {

  /** Makes the passes of one policy after another, on one base. */
  interface Loader {

    /** Sha-256 of the base. */
    String base();

    /**
     * Loads a policy; the result is the caller's to close.
     *
     * @throws IllegalArgumentException if it belongs to another base or precision
     */
    PolicyPasses load(Policy policy);
  }

  Policy policy();

  /** The features of replies, [replies][d] for each prompt, of one pass over all of them. */
  List<float[][]> features(List<ReplyFeatures.Candidates> candidates);

  /** What events say about rows, each at its own state's, of one pass over all of them. */
  List<RowSlopes> slopes(List<ResidentPolicy.RowEvent> events);

  /** The state with its row learned from the event, which is counted. */
  UserState learnRow(UserState state, PreferenceExample event, RowSlopes slopes);

  /** The state with its row as if the event had not been learned, to first order. */
  UserState forgetRow(UserState state, PreferenceExample event);

  @Override
  void close();
}
