package dev.attune.scorer.http;

/** Carries a problem to where the request is answered. */
final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  ProblemException(ProblemCode code, String detail) {
    super(detail, null, false, false);
    this.problem = new Problem(code, detail);
  }

  Problem problem() {
    return problem;
  }
}
