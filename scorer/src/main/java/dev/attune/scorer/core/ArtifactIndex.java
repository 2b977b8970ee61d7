package dev.attune.scorer.core;

import dev.attune.schemas.events.Artifact;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where each chunk of each artifact lies. Only places are kept: most artifacts in the log are a
 * trainer's state or old versions, which a scorer never loads. Not thread-safe.
 */
public final class ArtifactIndex {
  private final Map<String, Place> places = new HashMap<>();

  /** A chunk was read; of several with one key the last counts, as compaction has it. */
  public void put(String key, int partition, long offset) {
    places.put(key, new Place(partition, offset));
  }

  /** A chunk was deleted. */
  public void remove(String key) {
    places.remove(key);
  }

  /** The places of all chunks in their order; empty while some are not there. */
  public Optional<List<Place>> places(Artifact artifact) {
    List<Place> found = new ArrayList<>();
    for (int index = 0; index < artifact.getChunks(); index++) {
      Place place = places.get(artifact.getSha256() + "/" + index);
      if (place == null) {
        return Optional.empty();
      }
      found.add(place);
    }
    return Optional.of(found);
  }

  /** A record of the artifacts topic. */
  public record Place(int partition, long offset) {}
}
