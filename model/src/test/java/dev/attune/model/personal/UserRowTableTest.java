package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class UserRowTableTest {
  private static final UserRow ROW =
      new UserRow(new float[] {1, -2}, new float[] {0.5f, 0}, new float[] {3, Float.MIN_VALUE}, 7);

  @Test
  void shouldReadWhatItWrote() {
    // Given
    UserRowTable rows = new UserRowTable();
    rows.put("ü", ROW);
    rows.put("a", UserRow.of(1, 2, 3));

    // When
    UserRowTable read = UserRowTable.read(rows.toBytes());

    // Then
    assertThat(read.users()).containsExactly("a", "ü");
    assertThat(read.find("ü")).isEqualTo(ROW);
    assertThat(read.toBytes()).isEqualTo(rows.toBytes());
  }

  @Test
  void shouldForgetAUser() {
    // Given
    UserRowTable rows = new UserRowTable();
    rows.put("a", ROW);

    // When
    boolean removed = rows.remove("a");

    // Then
    assertThat(removed).isTrue();
    assertThat(rows.remove("a")).isFalse();
    assertThat(rows.find("a")).isNull();
    assertThat(rows.users()).isEmpty();
  }

  @Test
  void shouldNotShareItsArrays() {
    // Given
    float[] values = {1, 2};
    UserRow row = UserRow.of(values);

    // When
    values[0] = 9;
    row.values()[1] = 9;

    // Then
    assertThat(row.values()).containsExactly(1, 2);
  }

  @Test
  void shouldRefuseBytesThatAreNoRows() {
    // Given
    byte[] cut = Arrays.copyOf(ROW.toBytes(), 9);
    byte[] table = new UserRowTable().toBytes();

    // When / Then
    assertThatThrownBy(() -> UserRow.read(cut)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> UserRowTable.read(Arrays.copyOf(table, 5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cut off");
    assertThatThrownBy(() -> UserRowTable.read(new byte[16]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no table");
  }
}
