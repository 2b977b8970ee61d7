package dev.attune.model.engine;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Starts the PyTorch engine once per process: from the natives on the class path, without any
 * download and without telemetry.
 *
 * <p>The system property {@code attune.torch.threads} sets how many threads one operation may use;
 * the default is half of the processors, at most eight: small models gain little from more, and the
 * rest of the process wants to run too.
 */
public final class Torch {
  /** Bounds the threads of one operation. */
  public static final String THREADS = "attune.torch.threads";

  private static final int MOST_THREADS = 8;
  private static final Engine ENGINE = start();

  private Torch() {}

  private static Engine start() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    int half = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors() / 2);
    int threads = Math.max(1, Integer.getInteger(THREADS, half));
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    return Engine.getEngine("PyTorch");
  }

  /** Returns a manager without a parent; closing it frees every tensor made by it. */
  public static NDManager newManager() {
    return ENGINE.newBaseManager();
  }

  /** Returns how many threads one operation may use. */
  public static int threads() {
    return JniUtils.getNumThreads();
  }

  /** Returns the engine's version. */
  public static String version() {
    return ENGINE.getVersion();
  }
}
