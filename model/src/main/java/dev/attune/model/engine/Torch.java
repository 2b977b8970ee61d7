package dev.attune.model.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts the PyTorch engine once per process: from the natives on the class path, without any
 * download and without telemetry.
 *
 * <p>The system property {@code attune.torch.threads} sets how many threads one operation may use;
 * the default is half of the processors, at most eight: small models gain little from more, and the
 * rest of the process wants to run too.
 *
 * <p>The system property {@code attune.torch.device} sets where models live and compute: {@code
 * cpu}, {@code cuda} or {@code cuda:N}; the default is the first CUDA device where the natives and
 * the machine have one, and the CPU otherwise.
 */
public final class Torch {
  /** Bounds the threads of one operation. */
  public static final String THREADS = "attune.torch.threads";

  /** Chooses the device. */
  public static final String DEVICE = "attune.torch.device";

  private static final int MOST_THREADS = 8;
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");
  private static final Engine ENGINE = start();
  private static final Device CHOSEN = device(System.getProperty(DEVICE, "auto"), gpus());

  private Torch() {}

  private static Engine start() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    int half = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors() / 2);
    int threads = Math.max(1, Integer.getInteger(THREADS, half));
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    return Engine.getEngine("PyTorch");
  }

  /** Natives without CUDA cannot use what the machine has. */
  private static int gpus() {
    return ENGINE.hasCapability(StandardCapabilities.CUDA) ? ENGINE.getGpuCount() : 0;
  }

  /**
   * Returns the device that a setting names.
   *
   * @param gpus how many CUDA devices the engine can use
   * @throws IllegalArgumentException if there is no such device
   */
  static Device device(String setting, int gpus) {
    if (setting.equals("cpu") || (setting.equals("auto") && gpus == 0)) {
      return Device.cpu();
    }
    Matcher cuda = CUDA.matcher(setting.equals("auto") ? "cuda" : setting);
    int index = cuda.matches() && cuda.group(1) != null ? Integer.parseInt(cuda.group(1)) : 0;
    if (!cuda.matches() || index >= gpus) {
      throw new IllegalArgumentException(
          "%s is %s; allowed: auto, cpu, cuda, cuda:N; the engine finds %d CUDA devices"
              .formatted(DEVICE, setting, gpus));
    }
    return Device.gpu(index);
  }

  /** Returns where models live and compute: {@code cpu} or {@code cuda:N}. */
  public static String device() {
    return CHOSEN.isGpu() ? "cuda:" + CHOSEN.getDeviceId() : "cpu";
  }

  /** Returns a manager without a parent; closing it frees every tensor made by it. */
  public static NDManager newManager() {
    return ENGINE.newBaseManager(CHOSEN);
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
