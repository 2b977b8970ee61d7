package dev.attune.embedded;

/** What a schema registry answers where it refuses; the codes are Confluent's. */
final class RestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;

  private RestException(int code, String message) {
    super(message);
    this.code = code;
  }

  /** The HTTP status: the first three digits of the code. */
  int status() {
    return code < 1000 ? code : code / 100;
  }

  int code() {
    return code;
  }

  static RestException subjectNotFound(String subject) {
    return new RestException(40401, "Subject '" + subject + "' not found.");
  }

  static RestException versionNotFound(String version) {
    return new RestException(40402, "Version " + version + " not found.");
  }

  static RestException schemaNotFound() {
    return new RestException(40403, "Schema not found");
  }

  static RestException noSubjectCompatibility(String subject) {
    return new RestException(
        40408, "Subject '" + subject + "' does not have subject-level compatibility configured");
  }

  static RestException invalidSchema(String why) {
    return new RestException(42201, "Invalid schema: " + why);
  }

  static RestException invalidVersion(String version) {
    return new RestException(
        42202, "The version " + version + " is neither a number above 0 nor 'latest'");
  }

  static RestException invalidCompatibility(String level) {
    return new RestException(42203, "Invalid compatibility level: " + level);
  }

  static RestException badRequest(String why) {
    return new RestException(400, why);
  }

  static RestException incompatible(String subject, String why) {
    return new RestException(
        409, "Schema being registered is incompatible with an earlier schema of " + subject + why);
  }
}
