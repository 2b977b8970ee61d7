package dev.attune.cli.console;

import java.time.Duration;
import java.util.Locale;

/** Progress as lines for a log: one at the start, about one every ten seconds, one at the end. */
final class PlainProgress implements Progress {
  private static final long INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

  private final Console console;
  private final String task;
  private final String unit;
  private final long total;
  private final long startedAt = System.nanoTime();
  private long nextLineAt = startedAt + INTERVAL_NANOS;
  private long done;
  private String remark = "";
  private boolean closed;

  PlainProgress(Console console, String task, String unit, long total) {
    this.console = console;
    this.task = task;
    this.unit = unit.isEmpty() ? "" : " " + unit;
    this.total = total;
    console.say(task + (total > 0 ? ": " + total + this.unit : " ..."));
  }

  @Override
  public synchronized void to(long newDone) {
    done = Math.max(done, newDone);
    long now = System.nanoTime();
    if (now >= nextLineAt) {
      nextLineAt = now + INTERVAL_NANOS;
      console.say(state(now));
    }
  }

  @Override
  public synchronized void note(String newRemark) {
    remark = newRemark;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      console.say(state(System.nanoTime()));
    }
  }

  private String state(long now) {
    String amount = total > 0 ? done + "/" + total : Long.toString(done);
    String seconds = String.format(Locale.ROOT, "%.1f s", (now - startedAt) / 1e9);
    return task + ": " + amount + unit + " in " + seconds + (remark.isEmpty() ? "" : ", " + remark);
  }
}
