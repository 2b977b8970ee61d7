package dev.attune.model.generate;

import dev.attune.model.generate.Generation.FinishReason;
import java.util.Arrays;
import java.util.SplittableRandom;

/** A row while its text grows. */
final class GeneratingRow {
  private final GenerationRequest request;
  private final SplittableRandom random;
  private int[] ids;
  private float[] logProbabilities;
  private int length;

  /**
   * @param mostTokens how many tokens the text may have
   */
  GeneratingRow(GenerationRequest request, int mostTokens) {
    this.request = request;
    random = new SplittableRandom(request.seed());
    ids = new int[mostTokens];
    logProbabilities = new float[mostTokens];
  }

  GenerationRequest request() {
    return request;
  }

  /** Returns the next uniform number in [0, 1); each token costs one. */
  double uniform() {
    return random.nextDouble();
  }

  void append(int id, float logProbability) {
    ids[length] = id;
    logProbabilities[length++] = logProbability;
  }

  boolean isDone() {
    return length == ids.length || isStopped();
  }

  private boolean isStopped() {
    return length > 0 && request.sampling().stopTokens().contains(lastId());
  }

  int lastId() {
    return ids[length - 1];
  }

  /** Returns the position of the last token. */
  int lastPosition() {
    return request.prompt().length + length - 1;
  }

  Generation result() {
    return new Generation(
        Arrays.copyOf(ids, length),
        Arrays.copyOf(logProbabilities, length),
        isStopped() ? FinishReason.STOP : FinishReason.LENGTH);
  }
}
