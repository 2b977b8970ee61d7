package dev.attune.scorer.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.Explanation;
import dev.attune.schemas.events.Influence;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Ranking;
import dev.attune.schemas.events.Ratings;
import dev.attune.schemas.events.Regeneration;
import dev.attune.schemas.events.RewardComponents;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreTimings;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.json.AvroJson;
import dev.attune.scorer.core.QueueFullException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the door's description against what the door does. */
class OpenApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNode DOCUMENT = document();

  @Test
  void shouldDescribeWhatIsSentAndAnswered() throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> result = door.post(TestDoor.SCORE, TestDoor.REQUEST);
      HttpResponse<String> position = door.post(TestDoor.PREFERENCES, TestDoor.EVENT);

      // Then
      assertThat(faults("ScoreRequest", JSON.readTree(TestDoor.REQUEST))).isEmpty();
      assertThat(faults("ScoreResult", JSON.readTree(result.body()))).isEmpty();
      assertThat(faults("PreferenceEvent", JSON.readTree(TestDoor.EVENT))).isEmpty();
      assertThat(faults("Position", JSON.readTree(position.body()))).isEmpty();
      assertThat(documented(TestDoor.SCORE, result)).isTrue();
      assertThat(documented(TestDoor.PREFERENCES, position)).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("signals")
  void shouldDescribeEachSignal(Object signal) throws Exception {
    // Given
    PreferenceEvent event =
        PreferenceEvent.newBuilder()
            .setEventId("e")
            .setUserId("u")
            .setOccurredAt(Instant.EPOCH)
            .setPrompt(List.of(new Turn("user", "q")))
            .setCandidates(List.of(new Candidate("a", "x"), new Candidate("b", "y")))
            .setSignal(signal)
            .setAttributes(Map.of("locale", "en"))
            .build();
    JsonNode json = AvroJson.write(event);
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> response = door.post(TestDoor.PREFERENCES, json.toString());

      // Then
      assertThat(faults("PreferenceEvent", json)).isEmpty();
      assertThat(response.statusCode()).isEqualTo(202);
    }
  }

  static Stream<Object> signals() {
    return Stream.of(
        new Choice("a"),
        new Ranking(List.of(List.of("a"), List.of("b"))),
        new Ratings(Map.of("a", 1.0, "b", -2.5)),
        new Thumb("a", true),
        new Edit("a", "z"),
        new Regeneration("a", "b"),
        new Tie(List.of()));
  }

  @Test
  void shouldTakeItsOwnExamples() {
    // Given
    String example = "/post/requestBody/content/application~1json/example";
    JsonNode request = DOCUMENT.path("paths").path(TestDoor.SCORE).at(example);
    JsonNode event = DOCUMENT.path("paths").path(TestDoor.PREFERENCES).at(example);
    try (TestDoor door = new TestDoor()) {
      // When
      List<Integer> statuses =
          List.of(
              door.post(TestDoor.SCORE, request.toString()).statusCode(),
              door.post(TestDoor.PREFERENCES, event.toString()).statusCode());

      // Then
      assertThat(statuses).containsExactly(200, 202);
    }
  }

  /** What the door refuses for its form, the description refuses as well. */
  @ParameterizedTest
  @MethodSource("malformed")
  void shouldRefuseWhatTheDoorRefuses(String body) throws Exception {
    // Given
    JsonNode json = JSON.readTree(body.replace('\'', '"'));
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, json.toString());

      // Then
      assertThat(faults("ScoreRequest", json)).isNotEmpty();
      assertThat(response.statusCode()).isEqualTo(400);
    }
  }

  static Stream<String> malformed() {
    return Stream.of(
        "{'prompt': [], 'candidates': []}",
        "{'userId': 'u', 'prompt': [], 'candidates': [], 'model': 'x'}",
        "{'userId': null, 'prompt': [], 'candidates': []}",
        "{'userId': 'u', 'prompt': ['why'], 'candidates': []}",
        "{'userId': 'u', 'prompt': [], 'candidates': [{'id': 'a'}]}",
        "{'userId': 'u', 'prompt': [], 'candidates': [], 'after': {'topic': 't', 'partition': 0}}",
        "{'userId': 'u', 'prompt': [], 'candidates': [], 'deadline': 1.5}",
        "{'userId': 'u', 'prompt': [], 'candidates': [], 'explain': 'yes'}");
  }

  @Test
  void shouldDescribeProblems() throws Exception {
    // Given
    List<HttpResponse<String>> problems = new ArrayList<>();
    try (TestDoor door =
        new TestDoor("scorer.http.tokens=0123456789abcdef", "scorer.http.max-body-bytes=1 KiB")) {
      String[] token = {"Authorization", "Bearer 0123456789abcdef"};

      // When
      problems.add(door.post(TestDoor.SCORE, TestDoor.REQUEST));
      problems.add(door.post(TestDoor.SCORE, "{", token));
      problems.add(door.post(TestDoor.SCORE, " ".repeat(2000), token));
      problems.add(
          door.post(TestDoor.SCORE, "{}", token[0], token[1], "Content-Type", "application/yaml"));
      for (ScoreErrorCode code : ScoreErrorCode.values()) {
        if (code != ScoreErrorCode.NONE) {
          door.scoring =
              request -> CompletableFuture.completedFuture(TestDoor.error(request, code));
          problems.add(door.post(TestDoor.SCORE, TestDoor.REQUEST, token));
        }
      }
      door.scoring =
          request -> {
            throw new QueueFullException("full");
          };
      problems.add(door.post(TestDoor.SCORE, TestDoor.REQUEST, token));
    }

    // Then
    for (HttpResponse<String> problem : problems) {
      assertThat(faults("Problem", JSON.readTree(problem.body()))).isEmpty();
      assertThat(documented(TestDoor.SCORE, problem)).as(problem.body()).isTrue();
    }
  }

  @Test
  void shouldListEveryCode() {
    // When
    Set<String> listed = texts(schema("Problem").at("/properties/code/enum"));

    // Then
    assertThat(listed)
        .isEqualTo(Arrays.stream(ProblemCode.values()).map(Enum::name).collect(Collectors.toSet()));
  }

  @ParameterizedTest
  @MethodSource("records")
  void shouldDescribeEachFieldOfARecord(Schema record) {
    // Given
    Set<String> fields =
        record.getFields().stream().map(Schema.Field::name).collect(Collectors.toSet());

    // When
    JsonNode properties = schema(record.getName()).path("properties");

    // Then
    assertThat(properties.properties()).extracting(Map.Entry::getKey).hasSameElementsAs(fields);
    assertThat(properties.properties())
        .allSatisfy(
            property ->
                assertThat(
                        property.getValue().has("description") || property.getValue().has("$ref"))
                    .as(property.getKey())
                    .isTrue());
  }

  static Stream<Schema> records() {
    return Stream.of(
        ScoreRequest.getClassSchema(),
        ScoreResult.getClassSchema(),
        CandidateScore.getClassSchema(),
        RewardComponents.getClassSchema(),
        ScoreVersions.getClassSchema(),
        ScoreTimings.getClassSchema(),
        Explanation.getClassSchema(),
        Influence.getClassSchema(),
        PreferenceEvent.getClassSchema(),
        Turn.getClassSchema(),
        Candidate.getClassSchema(),
        Position.getClassSchema(),
        Choice.getClassSchema(),
        Ranking.getClassSchema(),
        Ratings.getClassSchema(),
        Thumb.getClassSchema(),
        Edit.getClassSchema(),
        Regeneration.getClassSchema(),
        Tie.getClassSchema());
  }

  @Test
  void shouldReferToWhatIsThere() {
    // When
    List<String> references = DOCUMENT.findValuesAsText("$ref");

    // Then
    assertThat(references)
        .isNotEmpty()
        .allSatisfy(
            reference ->
                assertThat(DOCUMENT.at(reference.substring(1)).isObject()).as(reference).isTrue());
  }

  private static Set<ValidationMessage> faults(String name, JsonNode json) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.put("$ref", "#/components/schemas/" + name);
    schema.set("components", DOCUMENT.path("components"));
    JsonSchema validator = JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(schema);
    return validator.validate(json);
  }

  private static boolean documented(String path, HttpResponse<String> response) {
    JsonNode answer =
        DOCUMENT
            .path("paths")
            .path(path)
            .path("post")
            .path("responses")
            .path(Integer.toString(response.statusCode()));
    JsonNode resolved =
        answer.has("$ref") ? DOCUMENT.at(answer.path("$ref").textValue().substring(1)) : answer;
    return resolved
        .path("content")
        .has(response.headers().firstValue("Content-Type").orElseThrow());
  }

  private static JsonNode schema(String name) {
    return DOCUMENT.path("components").path("schemas").path(name);
  }

  private static Set<String> texts(JsonNode array) {
    return Stream.iterate(0, i -> i < array.size(), i -> i + 1)
        .map(i -> array.get(i).textValue())
        .collect(Collectors.toSet());
  }

  private static JsonNode document() {
    try (InputStream document = ScoringDoor.class.getResourceAsStream("openapi.json")) {
      return JSON.readTree(document);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
