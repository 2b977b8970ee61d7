package dev.attune.cli.imports;

import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One import: sends items, and where asked for finds out what ingest made of them. One thread. */
public final class Importer implements AutoCloseable {
  /**
   * What ingest made of the events sent.
   *
   * @param quarantined held back for a person to look at
   * @param duplicate what gave nothing new: repeats, withdrawals, and events that were replaced
   *     before their bucket was closed
   * @param comparisons of the accepted events, as are the judgements
   */
  public record Accounts(
      long accepted,
      long rejected,
      long quarantined,
      long duplicate,
      long comparisons,
      long judgements,
      Map<String, Long> rejectedByReason,
      Map<String, Long> quarantinedByReason) {}

  private final @Nullable IngestAccount account;
  private final EventSender sender;
  private final Map<String, Long> skipped = new TreeMap<>();

  private Importer(KafkaSettings kafka, double perSecond, boolean accounting) {
    KafkaCalls.requireTopics(
        kafka,
        Topics.PREFERENCES,
        Topics.PREFERENCES_REJECTED,
        Topics.PREFERENCES_QUARANTINED,
        Topics.BUCKETS_BY_USER);
    // First the account: it reads what comes after it was opened.
    account = accounting ? new IngestAccount(kafka) : null;
    sender = new EventSender(kafka, perSecond);
  }

  /** An import that only sends; infinitely many events a second: as fast as possible. */
  public static Importer sending(KafkaSettings kafka, double perSecond) {
    return new Importer(kafka, perSecond, false);
  }

  /** An import that {@link #await} can be called on. */
  public static Importer accounting(KafkaSettings kafka, double perSecond) {
    return new Importer(kafka, perSecond, true);
  }

  /** Sends the events of all paths, some at most, and waits for the acknowledgements. */
  public void send(
      ImportFormat format, List<Path> paths, EventSource source, long limit, Console console) {
    try (Progress progress =
        console.progress("Importing", "events", limit == Long.MAX_VALUE ? -1 : limit)) {
      for (Path path : paths) {
        Iterator<ImportItem> items = format.read(source, path);
        while (sender.sent() < limit && items.hasNext()) {
          take(items.next(), console);
          progress.to(sender.sent());
        }
      }
      sender.flush();
    }
  }

  private void take(ImportItem item, Console console) {
    if (item instanceof ImportItem.Event event) {
      sender.send(event.event());
    } else if (item instanceof ImportItem.Skipped row
        && skipped.merge(row.reason(), 1L, Long::sum) == 1) {
      console.say("skipped " + row.where() + ": " + row.reason());
    }
  }

  /**
   * Waits until ingest has accounted for everything that was sent.
   *
   * @throws dev.attune.cli.CliException after so much time without news
   */
  public Accounts await(Duration patience, Console console) {
    if (account == null) {
      throw new IllegalStateException("this import only sends");
    }
    try (Progress progress =
        console.progress("Accounting", "events", sender.acknowledged().count())) {
      account.await(sender.acknowledged(), patience, progress);
    }
    return new Accounts(
        account.accepted(),
        account.rejected().count(),
        account.quarantined().count(),
        account.duplicate(),
        account.comparisons(),
        account.judgements(),
        account.rejected().byReason(),
        account.quarantined().byReason());
  }

  /** Events sent. */
  public long sent() {
    return sender.sent();
  }

  /** Rows that gave no event, by reason. */
  public Map<String, Long> skipped() {
    return new TreeMap<>(skipped);
  }

  @Override
  public void close() {
    try (sender) {
      if (account != null) {
        account.close();
      }
    }
  }
}
