package dev.attune.scorer.http;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntPredicate;

/** Collects a body as it arrives, so that a slow one holds no thread. */
final class BodyReader implements ReadListener {
  private static final int CHUNK = 8192;

  private final ServletInputStream input;
  private final int maxBytes;
  private final IntPredicate hold;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
  private final CompletableFuture<byte[]> body = new CompletableFuture<>();

  private BodyReader(ServletInputStream input, int maxBytes, IntPredicate hold) {
    this.input = input;
    this.maxBytes = maxBytes;
    this.hold = hold;
  }

  /**
   * Reads a body whose request is asynchronous.
   *
   * @param hold whether so many bytes more may be held
   * @return completes with the body; exceptionally with a {@link ProblemException}. Who completes
   *     it earlier ends the reading
   */
  static CompletableFuture<byte[]> read(ServletInputStream input, int maxBytes, IntPredicate hold) {
    BodyReader reader = new BodyReader(input, maxBytes, hold);
    input.setReadListener(reader);
    return reader.body;
  }

  @Override
  public void onDataAvailable() throws IOException {
    byte[] chunk = new byte[CHUNK];
    while (!body.isDone() && input.isReady()) {
      int read = input.read(chunk);
      if (read < 0) {
        return;
      }
      if (bytes.size() + read > maxBytes) {
        fail(ProblemCode.BODY_TOO_LARGE, "the body has more than " + maxBytes + " bytes");
      } else if (!hold.test(read)) {
        fail(ProblemCode.OVERLOADED, "too many bodies are held");
      } else {
        bytes.write(chunk, 0, read);
      }
    }
  }

  @Override
  public void onAllDataRead() {
    body.complete(bytes.toByteArray());
  }

  @Override
  public void onError(Throwable failure) {
    fail(ProblemCode.BAD_REQUEST, "the body is not complete");
  }

  private void fail(ProblemCode code, String detail) {
    body.completeExceptionally(new ProblemException(code, detail));
  }
}
