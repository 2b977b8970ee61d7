package dev.attune.cli;

/**
 * A failure that a person can act on. Its message is one line that names the input at fault (file
 * and line, option, address); the command line prints it and exits with code 1.
 */
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A failure without a cause that would tell more. */
  public CliException(String message) {
    super(message);
  }

  /** A failure whose cause is printed with {@code --verbose}. */
  public CliException(String message, Throwable cause) {
    super(message, cause);
  }
}
