package dev.attune.model.io;

/**
 * A safetensors file is malformed; the message names the file and the tensor where there is one.
 */
public final class SafetensorsException extends ModelFormatException {
  private static final long serialVersionUID = 1L;

  public SafetensorsException(Object source, String problem) {
    super(source, problem);
  }

  public SafetensorsException(Object source, String problem, Throwable cause) {
    super(source, problem, cause);
  }
}
