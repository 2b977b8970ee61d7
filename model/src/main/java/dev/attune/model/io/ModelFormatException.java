package dev.attune.model.io;

/**
 * A model file says something that cannot be read or is not supported. The message names the file
 * and, where there is one, the field at fault.
 */
public class ModelFormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param source the file (or what stands for it, for bytes in memory)
   * @param problem what is wrong, and what is allowed
   */
  public ModelFormatException(Object source, String problem) {
    super(source + ": " + problem);
  }

  public ModelFormatException(Object source, String problem, Throwable cause) {
    super(source + ": " + problem, cause);
  }
}
