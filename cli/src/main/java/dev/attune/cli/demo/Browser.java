package dev.attune.cli.demo;

import dev.attune.cli.console.Console;
import java.io.IOException;
import java.util.List;

/** The desktop's browser, where there is a desktop. */
final class Browser {
  /** What opens an address: on Linux, macOS, Windows. */
  private static final List<String> COMMANDS = List.of("xdg-open", "open", "explorer");

  private Browser() {}

  static void open(String url, Console console) {
    for (String command : COMMANDS) {
      try {
        new ProcessBuilder(command, url)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
        return;
      } catch (IOException e) {
        // Not this desktop's command.
      }
    }
    console.say("no desktop to open " + url + " on");
  }
}
