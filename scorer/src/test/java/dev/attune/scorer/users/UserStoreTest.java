package dev.attune.scorer.users;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.scorer.core.KnownUser;
import dev.attune.scorer.core.Policies;
import dev.attune.scorer.users.UserStore.Change;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserStoreTest {
  private static final long MEMORY = 1 << 20;

  @TempDir Path dir;
  private long served = 1;
  private @Nullable UserStore open;

  /** Avro makes instances only of records that the serde has told it of. */
  @BeforeAll
  static void trustRecords() {
    new AvroDeserializer<>(UserEmbedding.class).close();
  }

  @AfterEach
  void close() {
    if (open != null) {
      open.close();
    }
  }

  @Test
  void shouldFindTheNewestState() {
    // Given
    UserStore store = open();
    store.apply(List.of(put("u", 1, 5), put("u", 1, 6)));

    // When
    KnownUser known = store.find("u", 1);

    // Then
    assertThat(known.included().getOffset()).isEqualTo(6);
    assertThat(known.rowIncluded().getOffset()).isEqualTo(5);
    assertThat(known.under(Policies.first()).head().mean()).containsExactly(0, 2, 0);
    assertThat(store.find("stranger", 1)).isNull();
    assertThat(store.size()).isEqualTo(1);
  }

  @Test
  void shouldSeeAChangeOfAUserWhoIsInMemory() {
    // Given
    UserStore store = open();
    store.apply(List.of(put("u", 1, 5)));
    KnownUser before = store.find("u", 1);
    KnownUser stranger = store.find("new", 1);

    // When
    store.apply(List.of(put("u", 1, 9), put("new", 1, 3)));

    // Then
    assertThat(before.included().getOffset()).isEqualTo(5);
    assertThat(stranger).isNull();
    assertThat(store.find("u", 1).included().getOffset()).isEqualTo(9);
    assertThat(store.find("new", 1)).isNotNull();
  }

  @Test
  void shouldForgetWhoIsErased() {
    // Given
    UserStore store = open();
    store.apply(List.of(put("u", 1, 5), put("u", 2, 6)));
    KnownUser before = store.find("u", 1);

    // When
    store.apply(List.of(new Change("u", null)));

    // Then
    assertThat(before).isNotNull();
    assertThat(store.find("u", 1)).isNull();
    assertThat(store.find("u", 2)).isNull();
    assertThat(store.size()).isZero();
  }

  @Test
  void shouldKeepTheLastStateThatCanBeUsedUntilTheNextPolicyIsServed() {
    // Given
    UserStore store = open();
    store.apply(List.of(put("u", 1, 5)));
    store.apply(List.of(put("u", 2, 6), put("u", 2, 7)));

    // When
    KnownUser known = store.find("u", 1);

    // Then
    assertThat(known.included().getOffset()).isEqualTo(5);
    served = 2;
    assertThat(store.find("u", 2).included().getOffset()).isEqualTo(7);
    store.apply(List.of(put("u", 2, 8)));
    assertThat(store.find("u", 1)).isNull();
  }

  @Test
  void shouldKeepNoReferences() {
    // Given: as random as positions get, so that they do not compress
    UserStore store = open();
    UserEmbedding many = Policies.user("u", 1, 2, 5);
    List<EventReference> references =
        new Random(1)
            .longs(50_000)
            .mapToObj(offset -> new EventReference(offset, -offset, "domain"))
            .toList();
    many.setReferences(references);
    many.setRowReferences(references);

    // When
    store.apply(List.of(new Change("u", many)));

    // Then
    store.close();
    assertThat(dir.toFile().listFiles())
        .allSatisfy(file -> assertThat(file.length()).isLessThan(200_000));
  }

  @Test
  void shouldBeginEmpty() {
    // Given
    UserStore earlier = open();
    earlier.apply(List.of(put("u", 1, 5)));
    earlier.close();

    // When
    UserStore store = open();

    // Then
    assertThat(store.find("u", 1)).isNull();
  }

  @Test
  void shouldKnowNumbersThatAreNoBelief() {
    // Given
    UserEmbedding broken = Policies.user("u", 1, 2, 5);
    broken.setHeadCovariance(List.of(1f, 2f));

    // When
    boolean state = UserStore.isState(broken);

    // Then
    assertThat(state).isFalse();
    assertThat(UserStore.isState(Policies.user("u", 1, 2, 5))).isTrue();
  }

  private UserStore open() {
    open = UserStore.open(dir, MEMORY, 10, 2, () -> served);
    return open;
  }

  private static Change put(String userId, long epoch, long offset) {
    return new Change(userId, Policies.user(userId, epoch, 2, offset));
  }
}
