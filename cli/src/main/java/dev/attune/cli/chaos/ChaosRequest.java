package dev.attune.cli.chaos;

import dev.attune.cli.traffic.Place;
import dev.attune.schemas.events.ScoreErrorCode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record that was sent to be scored, and what its answer has to say.
 *
 * @param number of the record, from 0; goes with it as a header
 * @param requestId unique; empty where the record cannot be read
 * @param text the number of the texts: requests of the same text and user ask for the same rewards
 * @param candidates their ids, in order
 * @param after the position in attune.preferences that the answer must include
 * @param expected the answer's code
 */
record ChaosRequest(
    int number,
    String requestId,
    String userId,
    String domain,
    int text,
    List<String> candidates,
    @Nullable Place after,
    ScoreErrorCode expected) {}
