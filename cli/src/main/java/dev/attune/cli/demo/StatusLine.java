package dev.attune.cli.demo;

import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.cli.demo.Prequential.Accuracies;
import dev.attune.cli.report.Bars;
import dev.attune.cli.traffic.EventAccounts;
import dev.attune.cli.traffic.RequestAccounts;
import java.util.Locale;

/** How the demo goes: redrawn each second on a terminal, a line now and then elsewhere. */
final class StatusLine {
  private final Progress progress;

  StatusLine(Console console, double seconds) {
    progress = console.progress("demo", "s", Math.round(seconds));
  }

  void show(double elapsed, EventAccounts events, RequestAccounts requests, Accuracies accuracies) {
    progress.note(
        String.format(
            Locale.ROOT,
            "%d events, %d accepted, %d scored, general %s, domain %s, personal %s",
            events.sent(),
            events.accepted(),
            requests.scored(),
            Bars.share(accuracies.generic().value()),
            Bars.share(accuracies.customized().value()),
            Bars.share(accuracies.personal().value())));
    progress.to((long) elapsed);
  }

  void end() {
    progress.close();
  }
}
