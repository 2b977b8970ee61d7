package dev.attune.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.model.lm.Stage1Config;
import dev.attune.model.text.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaseCacheTest {
  private static final Stage1Config CONFIG =
      new Stage1Config(320, 16, 32, 1, 2, 128, 32, 2, 2, 0.02, 3e-3, 1);
  private static final List<List<Turn>> DIALOGUES =
      Collections.nCopies(
          20, List.of(new Turn("user", "Why is the sky blue?"), new Turn("assistant", "Air.")));

  @TempDir private Path home;

  @Test
  void shouldTrainOnceForAllWhoAsk() throws Exception {
    // Given
    BaseCache cache = new BaseCache(home);
    Callable<Path> ask = () -> cache.get(DIALOGUES, CONFIG, TinyBase.silent());
    ExecutorService threads = Executors.newFixedThreadPool(2);

    // When
    List<Future<Path>> bases = threads.invokeAll(List.of(ask, ask));

    // Then
    Path base = bases.get(0).get();
    assertThat(bases.get(1).get()).isEqualTo(base);
    FileTime made = Files.getLastModifiedTime(base.resolve("config.json"));
    assertThat(cache.get(DIALOGUES, CONFIG, TinyBase.silent())).isEqualTo(base);
    assertThat(Files.getLastModifiedTime(base.resolve("config.json"))).isEqualTo(made);
    threads.shutdown();
  }

  @Test
  void shouldTrainAnewWhereTextOrConfigurationDiffer() {
    // Given
    BaseCache cache = new BaseCache(home);
    Path base = cache.get(DIALOGUES, CONFIG, TinyBase.silent());

    // When
    Path other = cache.get(DIALOGUES, CONFIG.withSteps(1), TinyBase.silent());

    // Then
    assertThat(other).isNotEqualTo(base);
    assertThat(cache.get(DIALOGUES.subList(1, 20), CONFIG, TinyBase.silent())).isNotIn(base, other);
  }

  @Test
  void shouldReplaceWhatAKilledProcessLeft() throws IOException {
    // Given
    BaseCache cache = new BaseCache(home);
    Path base = cache.get(DIALOGUES, CONFIG, TinyBase.silent());
    Path left = base.resolveSibling(base.getFileName() + ".part");
    Files.move(base, left);
    Files.delete(left.resolve("config.json"));

    // When
    Path again = cache.get(DIALOGUES, CONFIG, TinyBase.silent());

    // Then
    assertThat(again).isEqualTo(base);
    assertThat(again.resolve("config.json")).isRegularFile();
  }
}
