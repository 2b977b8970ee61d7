package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Structure;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Counts what the C library's allocator holds: tensors, scripts' values and all else native. */
class NativeMemoryTest extends RewardTestBase {
  private static final int STEPS = 10_000;
  private static final int WARM_UP = 500;

  /** One leaked tensor a step, however small, would hold some 400 bytes with what describes it. */
  private static final long MOST_A_STEP = 100;

  @Test
  void shouldNotGrowOverTenThousandSteps() {
    assumeThat(Platform.isLinux()).as("mallinfo2 is glibc's").isTrue();
    // Given
    OnlineConfig config = config(1, 0, 0.5, 1);
    List<PreferenceExample> few = golden(8, 1);
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config);
        RewardScorer scorer = new RewardScorer(base)) {
      run(learner, scorer, few, WARM_UP);
      long before = heldBytes();

      // When
      run(learner, scorer, few, STEPS);

      // Then
      assertThat(learner.counts().steps()).isEqualTo(WARM_UP + STEPS);
      assertThat((heldBytes() - before) / STEPS).isLessThan(MOST_A_STEP);
    }
  }

  /** A step on each event in turn, and now and then what happens beside it. */
  private static void run(
      OnlineRewardLearner learner, RewardScorer scorer, List<PreferenceExample> few, int steps) {
    for (int i = 0; i < steps; i++) {
      learner.accept("helpful", List.of(few.get(i % few.size())));
      if (i % 100 == 0) {
        try (ResidentModel model = scorer.load(learner.weights())) {
          PreferenceExample one = few.get(i % few.size());
          scorer.score(List.of(new ScoreItem(one.prompt(), one.replies(), model, "helpful")));
        }
      }
    }
  }

  /** Without direct buffers: the collector frees these, and in its own time. */
  private static long heldBytes() {
    MallInfo info = CLibrary.INSTANCE.mallinfo2();
    long buffers =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .mapToLong(BufferPoolMXBean::getMemoryUsed)
            .sum();
    return info.uordblks + info.hblkhd - buffers;
  }

  /** What {@code mallinfo2(3)} returns, summed over all arenas. */
  @Structure.FieldOrder({
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keepcost"
  })
  public static final class MallInfo extends Structure implements Structure.ByValue {
    public long arena;
    public long ordblks;
    public long smblks;
    public long hblks;
    public long hblkhd;
    public long usmblks;
    public long fsmblks;
    public long uordblks;
    public long fordblks;
    public long keepcost;
  }

  private interface CLibrary extends com.sun.jna.Library {
    CLibrary INSTANCE = Native.load("c", CLibrary.class);

    MallInfo mallinfo2();
  }
}
