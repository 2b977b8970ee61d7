package dev.attune.cli.imports;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.cli.CliException;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.json.AvroJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Maps the rows of public data sets onto preference events. Each method gives its events in the
 * data's order; the same file always gives the same event ids, so that a repeated import is
 * recognised as such. Data without users get one user a set, named after it; data without times get
 * the time of the import.
 */
public final class EventSource {
  private static final String FIRST = "a1";
  private static final String SECOND = "a2";

  private final @Nullable String domain;
  private final Clock clock;

  /**
   * @param domain the domain of all events, or null for the data's own
   * @param clock for data without times
   */
  public EventSource(@Nullable String domain, Clock clock) {
    this.domain = domain;
    this.clock = clock;
  }

  /**
   * DSP: for each query and domain a choice of the domain's response among all. The response's key
   * is its id; the user is {@code dsp-<domain>}.
   */
  public Iterator<ImportItem> dsp(Path fileOrFolder) {
    return dsp(DspQuery.read(fileOrFolder)).iterator();
  }

  /** The same for some of the queries. */
  public Stream<ImportItem> dsp(List<DspQuery> queries) {
    return queries.stream().flatMap(query -> query.domains().stream().map(d -> choice(query, d)));
  }

  private ImportItem choice(DspQuery query, String chosen) {
    List<Candidate> candidates = new ArrayList<>();
    query.responses().forEach((key, text) -> candidates.add(new Candidate(key, text)));
    return new ImportItem.Event(
        event(
                EventIds.of("dsp", query.index(), chosen, query.query(), query.responses()),
                "dsp-" + chosen,
                chosen,
                clock.instant())
            .setPrompt(List.of(new Turn("user", query.query())))
            .setCandidates(candidates)
            .setSignal(new Choice(chosen))
            .build());
  }

  /** Text and score pairs; the domain is {@code general.<file name>}. A folder: all its *.json. */
  public Iterator<ImportItem> pairs(Path fileOrFolder) {
    return jsonFiles(fileOrFolder).stream()
        .flatMap(file -> pairs(set(file), TextPair.read(file)))
        .iterator();
  }

  /** The same for some pairs of a set. */
  public Stream<ImportItem> pairs(String set, List<TextPair> pairs) {
    return pairs.stream().map(pair -> pair(set, pair));
  }

  /** Anthropic's raw HH lines; the domain is {@code general.<file name>}. */
  public Iterator<ImportItem> hh(Path file) {
    JsonRows rows = JsonRows.ofLines(file);
    String set = set(file);
    return new Iterator<>() {
      private int index;

      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public ImportItem next() {
        return pair(set, TextPair.chosenRejected(rows.next(), index++));
      }
    };
  }

  private ImportItem pair(String set, TextPair pair) {
    String preferred = pair.firstPreferred() ? FIRST : SECOND;
    return new ImportItem.Event(
        event(
                EventIds.of(set, pair.index(), pair.prompt(), pair.first(), pair.second()),
                set + "-annotators",
                "general." + set,
                clock.instant())
            .setPrompt(pair.prompt())
            .setCandidates(
                List.of(new Candidate(FIRST, pair.first()), new Candidate(SECOND, pair.second())))
            .setSignal(pair.tie() ? new Tie(List.of()) : new Choice(preferred))
            .build());
  }

  /** UKPConvArg1: a choice or a tie by a known user at a known time. */
  public Iterator<ImportItem> ukp(Path folder) {
    UkpData data = UkpData.open(folder);
    Iterator<UkpData.Judgment> judgments = data.judgments();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return judgments.hasNext();
      }

      @Override
      public ImportItem next() {
        return judgment(data, judgments.next());
      }
    };
  }

  private ImportItem judgment(UkpData data, UkpData.Judgment row) {
    UkpData.Argument first = data.argument(row.domain(), row.argument1());
    UkpData.Argument second = data.argument(row.domain(), row.argument2());
    if (first == null || second == null) {
      return new ImportItem.Skipped(
          BadInput.place(data.judgmentsFile(), row.line()), "unknown argument id");
    }
    return new ImportItem.Event(
        event(EventIds.of("ukp", row), row.user(), row.domain(), row.at())
            .setPrompt(List.of(new Turn("user", question(first))))
            .setCandidates(
                List.of(new Candidate(FIRST, first.text()), new Candidate(SECOND, second.text())))
            .setSignal(row.choice().equals("equal") ? new Tie(List.of()) : new Choice(row.choice()))
            .build());
  }

  private static String question(UkpData.Argument argument) {
    return "Topic: %s\nStance: %s\nGive a convincing argument for this stance."
        .formatted(argument.title(), argument.stance());
  }

  /** Polis: a vote is a thumb; who passes says nothing. */
  public Iterator<ImportItem> polis(Path folder) {
    return PolisData.read(folder).stream().map(this::vote).iterator();
  }

  private ImportItem vote(PolisData.Vote vote) {
    String where = BadInput.place(vote.file(), vote.line());
    if (vote.vote() == 0) {
      return new ImportItem.Skipped(where, "pass");
    }
    if (vote.text().isEmpty()) {
      return new ImportItem.Skipped(where, "unknown statement id");
    }
    return new ImportItem.Event(
        event(
                EventIds.of(
                    "polis", vote.conversation(), vote.at(), vote.voter(), vote.statement()),
                vote.conversation() + "-" + vote.voter(),
                vote.conversation(),
                vote.at())
            .setPrompt(List.of(new Turn("user", "Do you agree with this statement?")))
            .setCandidates(List.of(new Candidate(vote.statement(), vote.text())))
            .setSignal(new Thumb(vote.statement(), vote.vote() > 0))
            .build());
  }

  /**
   * One PreferenceEvent a line; see {@link AvroJson}. Without an eventId a line gets one of its
   * content, without occurredAt the time of the import.
   */
  public Iterator<ImportItem> jsonl(Path file) {
    JsonRows rows = JsonRows.ofLines(file);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public ImportItem next() {
        return line(rows.next());
      }
    };
  }

  private ImportItem line(JsonRows.Row row) {
    ObjectNode json = (ObjectNode) row.json();
    if (!json.has("eventId")) {
      json.put("eventId", EventIds.of("jsonl", row.line(), json));
    }
    if (!json.has("occurredAt")) {
      json.put("occurredAt", clock.instant().toString());
    }
    if (domain != null) {
      json.put("domain", domain);
    }
    try {
      return new ImportItem.Event(AvroJson.read(json, PreferenceEvent.class));
    } catch (AvroJson.InvalidRecord e) {
      throw BadInput.at(row.file(), row.line(), e.getMessage(), e);
    }
  }

  private PreferenceEvent.Builder event(String id, String user, String ownDomain, Instant at) {
    return PreferenceEvent.newBuilder()
        .setEventId(id)
        .setUserId(user)
        .setDomain(domain == null ? ownDomain : domain)
        .setOccurredAt(at)
        .setAttributes(Map.of());
  }

  private static List<Path> jsonFiles(Path fileOrFolder) {
    if (!Files.isDirectory(fileOrFolder)) {
      return List.of(fileOrFolder);
    }
    try (Stream<Path> all = Files.list(fileOrFolder)) {
      List<Path> files = all.filter(file -> file.toString().endsWith(".json")).sorted().toList();
      if (files.isEmpty()) {
        throw new CliException(fileOrFolder + ": has no *.json file");
      }
      return files;
    } catch (IOException e) {
      throw BadInput.unreadable(fileOrFolder, e);
    }
  }

  /** The file's name without its extensions: helpful.json and helpful.train.jsonl are helpful. */
  private static String set(Path file) {
    String name = file.getFileName().toString();
    int dot = name.indexOf('.');
    return (dot > 0 ? name.substring(0, dot) : name).toLowerCase(Locale.ROOT);
  }
}
