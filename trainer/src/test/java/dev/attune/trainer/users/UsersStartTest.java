package dev.attune.trainer.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.trainer.core.TrainerException;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UsersStartTest {
  private static final UsersStart.Log LOG = new UsersStart.Log("t1", "u1", 3, 10, 100);
  private static final Instant TIME = Instant.ofEpochMilli(1234);

  @Test
  void shouldBeginAtTheBeginningWithoutAnything() {
    UsersStart start = UsersStart.decide(LOG, Optional.empty(), 0);

    assertThat(start).isEqualTo(new UsersStart(10, 10, Instant.EPOCH));
  }

  @Test
  void shouldGoOnWhereTheGroupStopped() {
    UsersNote note = new UsersNote("t1", "u1", 30, TIME, 2);

    UsersStart start = UsersStart.decide(LOG, group(50, note.encode()), 7);

    assertThat(start).isEqualTo(new UsersStart(50, 30, TIME));
  }

  @Test
  void shouldMoveRowsOnWhereTheirBucketsAreGone() {
    UsersNote note = new UsersNote("t1", "u1", 4, TIME, 2);

    UsersStart start = UsersStart.decide(LOG, group(50, note.encode()), 7);

    assertThat(start.rowPosition()).isEqualTo(10);
  }

  @Test
  void shouldFollowAnOffsetThatSomebodySetWhileThereAreNoStates() {
    UsersStart start = UsersStart.decide(LOG, group(50, "by hand"), 0);

    assertThat(start).isEqualTo(new UsersStart(50, 50, Instant.EPOCH));
  }

  @Test
  void shouldRefuseStatesWithoutTheirOffset() {
    assertThatThrownBy(() -> UsersStart.decide(LOG, Optional.empty(), 7))
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("partition 3 has states of 7 users")
        .hasMessageContaining("the group has no offset for it");
    assertThatThrownBy(() -> UsersStart.decide(LOG, group(50, ""), 7))
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("was not set by this pipeline");
  }

  @Test
  void shouldRefuseATopicThatWasMadeAnew() {
    String buckets = new UsersNote("t0", "u1", 30, TIME, 2).encode();
    String users = new UsersNote("t1", "u0", 30, TIME, 2).encode();

    assertThatThrownBy(() -> UsersStart.decide(LOG, group(50, buckets), 7))
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("t0")
        .hasMessageContaining("t1");
    assertThatThrownBy(() -> UsersStart.decide(LOG, group(50, users), 7))
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("u0");
  }

  @Test
  void shouldRefuseToSkipBucketsThatAreGone() {
    String note = new UsersNote("t1", "u1", 4, TIME, 2).encode();

    assertThatThrownBy(() -> UsersStart.decide(LOG, group(5, note), 7))
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("offset 5")
        .hasMessageContaining("10 to 100");
  }

  private static Optional<UsersStart.GroupOffset> group(long offset, String metadata) {
    return Optional.of(new UsersStart.GroupOffset(offset, UsersNote.decode(metadata)));
  }
}
