package dev.attune.cli.traffic;

/**
 * What became of the requests sent.
 *
 * @param scored answered, without an error
 * @param failed answered with an error code
 * @param open not answered (yet)
 * @param repeated answered more than once: always a defect
 */
public record RequestAccounts(long sent, long scored, long failed, long open, long repeated) {

  /** True if each request has exactly one result. */
  public boolean balanced() {
    return open == 0 && repeated == 0 && sent == scored + failed;
  }
}
