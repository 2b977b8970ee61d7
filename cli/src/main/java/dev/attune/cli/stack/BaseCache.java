package dev.attune.cli.stack;

import dev.attune.cli.CliException;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.model.engine.Precision;
import dev.attune.model.lm.Stage1;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.text.Turn;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The small base, trained by stage 1 at first use and kept by content hash: of the texts, the
 * configuration, and the code that trains. Safe for use by several processes: one trains, the
 * others wait for it. A folder is there whole or not at all.
 */
public final class BaseCache {
  private static final int HASH_BYTES = 12;
  private static final Object ONE_AT_A_TIME = new Object();

  /** What decides the result beside texts and configuration. */
  private static final List<String> CODE =
      List.of(
          "/dev/attune/model/lm/Stage1.class",
          "/dev/attune/model/lm/decoder.py",
          "/dev/attune/model/lm/optimizer.py",
          "/dev/attune/model/lm/pretraining.py",
          "/dev/attune/model/text/BytePairTrainer.class",
          "/dev/attune/model/text/DialogueTemplate.class");

  private final Path bases;

  /** A cache in a home folder, which is created at first use. */
  public BaseCache(Path home) {
    this.bases = home.resolve("bases");
  }

  /**
   * The cache of this user: in {@code ATTUNE_HOME}; where that is not set in {@code ~/.attune};
   * where that cannot be written in the folder for temporary files, with a remark.
   */
  public static BaseCache standard(Console console) {
    String home = System.getenv("ATTUNE_HOME");
    if (home != null && !home.isBlank()) {
      return new BaseCache(Path.of(home));
    }
    Path own = Path.of(System.getProperty("user.home"), ".attune");
    if (writable(own)) {
      return new BaseCache(own);
    }
    Path temporary =
        Path.of(System.getProperty("java.io.tmpdir"), "attune-" + System.getProperty("user.name"));
    console.say(own + " cannot be written; the cache is in " + temporary + " (set ATTUNE_HOME)");
    return new BaseCache(temporary);
  }

  private static boolean writable(Path folder) {
    try {
      Files.createDirectories(folder);
      return Files.isWritable(folder);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * The folder of the base trained on these dialogues with this configuration; trains it, with
   * progress, where it is not there yet.
   *
   * @param dialogues what it is trained on, in this order; a plain text is one turn of a user
   * @throws CliException where the cache cannot be written
   */
  public Path get(List<List<Turn>> dialogues, Stage1Config config, Console console) {
    Path base = bases.resolve(hash(dialogues, config));
    if (!Files.isDirectory(base)) {
      synchronized (ONE_AT_A_TIME) {
        trainLocked(base, dialogues, config, console);
      }
    }
    return base;
  }

  private void trainLocked(
      Path base, List<List<Turn>> dialogues, Stage1Config config, Console console) {
    Path lockFile = bases.resolve(base.getFileName() + ".lock");
    try {
      Files.createDirectories(bases);
      try (FileChannel channel =
              FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = lock(channel, console)) {
        if (lock.isValid() && !Files.isDirectory(base)) {
          Path part = bases.resolve(base.getFileName() + ".part");
          delete(part);
          train(dialogues, config, part, console);
          Files.move(part, base, StandardCopyOption.ATOMIC_MOVE);
        }
      }
    } catch (IOException e) {
      throw new CliException(bases + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  private static FileLock lock(FileChannel channel, Console console) throws IOException {
    FileLock lock = channel.tryLock();
    if (lock != null) {
      return lock;
    }
    console.say("another process trains this base; waiting for it");
    return channel.lock();
  }

  /** Runs stage 1 with progress; {@code base train} does it without the cache. */
  public static void train(
      List<List<Turn>> dialogues, Stage1Config config, Path out, Console console) {
    try (Progress progress = console.progress("Training the base", "steps", config.steps())) {
      Stage1.train(
          dialogues,
          config,
          Precision.fastest(),
          out,
          (done, total, loss) -> {
            progress.note(String.format(Locale.ROOT, "loss %.2f", loss));
            progress.to(done);
          });
    }
  }

  private static String hash(List<List<Turn>> dialogues, Stage1Config config) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String resource : CODE) {
        try (InputStream code = BaseCache.class.getResourceAsStream(resource)) {
          if (code == null) {
            throw new IllegalStateException(resource + " is not on the class path");
          }
          add(digest, code.readAllBytes());
        }
      }
      add(digest, config.toString().getBytes(StandardCharsets.UTF_8));
      for (List<Turn> dialogue : dialogues) {
        add(digest, dialogue.toString().getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest(), 0, HASH_BYTES);
    } catch (NoSuchAlgorithmException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void add(MessageDigest digest, byte[] part) {
    digest.update((part.length + ":").getBytes(StandardCharsets.US_ASCII));
    digest.update(part);
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
