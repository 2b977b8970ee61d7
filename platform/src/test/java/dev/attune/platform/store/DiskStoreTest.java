package dev.attune.platform.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskStoreTest {
  private static final long MEMORY = 4L << 20;

  @TempDir private Path folder;

  @Test
  void shouldReadWhatABatchPutAndDeleted() {
    try (DiskStore store = DiskStore.open(folder, MEMORY)) {
      store.write(Map.of("kept", bytes("1"), "dropped", bytes("2")));
      Map<String, byte @Nullable []> batch = new HashMap<>();
      batch.put("kept", bytes("3"));
      batch.put("dropped", null);

      store.write(batch);

      assertThat(store.get("kept")).isEqualTo(bytes("3"));
      assertThat(store.get("dropped")).isNull();
      assertThat(store.get("never")).isNull();
    }
  }

  @Test
  void shouldVisitAllInTheOrderOfTheKeys() {
    try (DiskStore store = DiskStore.open(folder, MEMORY)) {
      store.write(Map.of("b", bytes("2"), "ä", bytes("3"), "a", bytes("1")));
      Map<String, String> seen = new LinkedHashMap<>();

      store.forEach((key, value) -> seen.put(key, new String(value, UTF_8)));

      assertThat(seen)
          .containsExactly(Map.entry("a", "1"), Map.entry("b", "2"), Map.entry("ä", "3"));
      assertThat(store.size()).isEqualTo(3);
    }
  }

  @Test
  void shouldKeepItsContentOverACleanClose() {
    try (DiskStore store = DiskStore.open(folder, MEMORY)) {
      store.write(Map.of("key", bytes("value")));
    }

    try (DiskStore again = DiskStore.open(folder, MEMORY)) {

      assertThat(again.get("key")).isEqualTo(bytes("value"));
    }
  }

  @Test
  void shouldBeginEmptyWhereItWasNotClosed(@TempDir Path copy) throws IOException {
    try (DiskStore store = DiskStore.open(folder, MEMORY)) {
      store.write(Map.of("key", bytes("value")));
    }
    DiskStore store = DiskStore.open(folder, MEMORY);
    copyAsAKillLeavesIt(folder, copy);
    store.close();

    try (DiskStore afterTheKill = DiskStore.open(copy, MEMORY)) {

      assertThat(afterTheKill.get("key")).isNull();
      assertThat(afterTheKill.size()).isZero();
    }
  }

  @Test
  void shouldBeginEmptyWhereItsFilesAreDamaged() throws IOException {
    try (DiskStore store = DiskStore.open(folder, MEMORY)) {
      store.write(Map.of("key", bytes("value")));
    }
    Files.writeString(folder.resolve("CURRENT"), "nothing\n");

    try (DiskStore again = DiskStore.open(folder, MEMORY)) {

      assertThat(again.get("key")).isNull();
    }
  }

  @Test
  void shouldBeUsableAfterItWasCleared() {
    try (DiskStore store = DiskStore.open(folder, MEMORY)) {
      store.write(Map.of("old", bytes("1")));

      store.clear();

      store.write(Map.of("new", bytes("2")));
      assertThat(store.get("old")).isNull();
      assertThat(store.get("new")).isEqualTo(bytes("2"));
    }
  }

  @Test
  void shouldLeaveForeignFilesOfItsFolderAlone() throws IOException {
    Files.createDirectories(folder);
    Path foreign = Files.writeString(folder.resolve("notes.txt"), "mine");

    DiskStore.open(folder, MEMORY).close();

    assertThat(foreign).hasContent("mine");
  }

  @Test
  void shouldHoldMoreThanItsMemory() {
    try (DiskStore store = DiskStore.open(folder, DiskStore.LEAST_MEMORY)) {
      byte[] value = new byte[1 << 14];

      for (int i = 0; i < 256; i++) {
        value[0] = (byte) i;
        store.write(Map.of("user" + i, value));
      }

      assertThat(store.get("user0")).startsWith((byte) 0);
      assertThat(store.get("user255")).startsWith((byte) 255);
    }
  }

  @Test
  void shouldRefuseAFolderThatIsOpen() {
    try (DiskStore store = DiskStore.open(folder, MEMORY)) {
      assertThatThrownBy(() -> DiskStore.open(folder, MEMORY))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining(folder.toString());

      store.write(Map.of("key", bytes("value")));
      assertThat(store.get("key")).isEqualTo(bytes("value"));
    }
  }

  @Test
  void shouldRefuseUseAfterItsClose() {
    DiskStore store = DiskStore.open(folder, MEMORY);
    store.close();
    store.close();

    assertThatIllegalStateException()
        .isThrownBy(() -> store.get("key"))
        .withMessageContaining("is closed");
  }

  @Test
  void shouldRefuseTooLittleMemory() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DiskStore.open(folder, 1000))
        .withMessageContaining("expected 1048576 or more");
  }

  private static void copyAsAKillLeavesIt(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
