package ai.djl.pytorch.jni;

import ai.djl.pytorch.engine.PtSymbolBlock;

/**
 * Calls a method of a TorchScript module, in training mode where asked.
 *
 * <p>DJL's public calls of named methods always run in inference mode, in which nothing can be
 * differentiated. The native method underneath can do both, but its class is package-private: this
 * is why this class lives in DJL's package. It works on the class path only.
 */
public final class TorchScriptBridge {
  private TorchScriptBridge() {}

  /**
   * Runs {@code method}.
   *
   * @param training false runs in inference mode: faster, and the results can never enter autograd;
   *     true honours the calling thread's gradient mode
   * @param arguments owned by the caller, who closes them
   * @return the result, owned by the caller
   */
  public static IValue run(
      PtSymbolBlock module, String method, boolean training, IValue... arguments) {
    long[] handles = new long[arguments.length];
    for (int i = 0; i < handles.length; i++) {
      handles[i] = arguments[i].getHandle();
    }
    return new IValue(
        PyTorchLibrary.LIB.moduleRunMethod(module.getHandle(), method, handles, training, false));
  }
}
