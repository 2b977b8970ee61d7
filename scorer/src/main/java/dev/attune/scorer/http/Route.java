package dev.attune.scorer.http;

import java.util.List;
import java.util.Locale;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** What the door has, by path; all else is {@link #OTHER}, so that metrics have few tags. */
enum Route {
  SCORE("/v1/score", List.of("POST")),
  PREFERENCES("/v1/preferences", List.of("POST")),
  OPENAPI("/openapi.json", List.of("GET", "HEAD")),
  OTHER(null, List.of());

  private final @Nullable String path;

  @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
  private final List<String> methods;

  Route(@Nullable String path, List<String> methods) {
    this.path = path;
    this.methods = methods;
  }

  /** The methods that it takes. */
  List<String> methods() {
    return methods;
  }

  /** As a tag. */
  String tag() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Also of a request that could not be read as far as its path. */
  static Route of(Request request) {
    String path = request.getRequestURI();
    for (Route route : values()) {
      if (route.path != null && route.path.equals(path)) {
        return route;
      }
    }
    return OTHER;
  }
}
