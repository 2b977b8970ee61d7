package dev.attune.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.TorchScriptBridge;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;

/**
 * The mathematics of this module: TorchScript text in resource files, compiled once by the engine.
 * Java keeps the parameters and the batches and calls the methods by name.
 *
 * <p>Arguments may be {@link NDArray} (Tensor), {@code List<NDArray>} (List[Tensor]), {@link
 * Dictionary} (Dict[str, Tensor]), {@code long[]} (List[int]), {@link Integer} or {@link Long}
 * (int), {@link Double} (float) and {@link Boolean} (bool). Results are one tensor or a list of
 * them, attached to the manager that was passed. Safe for use by several threads; a gradient is
 * only ever taken inside one call.
 */
public final class TorchScript {
  /** The scripts of this module. */
  public static final TorchScript SHARED =
      new TorchScript(
          List.of(
              "/dev/attune/model/lm/decoder.py",
              "/dev/attune/model/lm/optimizer.py",
              "/dev/attune/model/lm/pretraining.py",
              "/dev/attune/model/reward/reward.py",
              "/dev/attune/model/head/head.py",
              "/dev/attune/model/adapter/adapter.py",
              "/dev/attune/model/personal/personal.py",
              "/dev/attune/model/generate/generate.py"));

  /** The numbers by which TorchScript names element types. */
  public static final int FLOAT32 = 6;

  /** Brain floating point: 8 bits of exponent, 8 of precision. */
  public static final int BFLOAT16 = 15;

  private final NDManager manager;
  private final PtSymbolBlock module;

  /** Compiles the methods in {@code resources} (absolute names on the class path) as one class. */
  TorchScript(List<String> resources) {
    manager = Torch.newManager();
    try {
      module =
          JniUtils.loadModule(
              (PtNDManager) manager,
              new ByteArrayInputStream(ScriptArchive.pack(resources)),
              false,
              false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Calls a method for inference and returns its tensor. */
  public NDArray infer(NDManager results, String method, Object... arguments) {
    return run(results, method, false, arguments).get(0);
  }

  /** Calls a method for inference and returns all of its tensors. */
  public List<NDArray> inferAll(NDManager results, String method, Object... arguments) {
    return run(results, method, false, arguments);
  }

  /** Calls a method that takes gradients or changes tensors in place; returns its tensors. */
  public List<NDArray> train(NDManager results, String method, Object... arguments) {
    return run(results, method, true, arguments);
  }

  private List<NDArray> run(
      NDManager results, String method, boolean training, Object... arguments) {
    Lock running = NativeCalls.running();
    running.lock();
    IValue[] values = new IValue[arguments.length];
    try {
      // The optimising executor rewrites a graph after its first calls, which changes roundings (a
      // restored learner would differ) and mistakes what needs gradients. It is the thread's
      // switch.
      JniUtils.setGraphExecutorOptimize(false);
      for (int i = 0; i < values.length; i++) {
        values[i] = toValue(arguments[i]);
      }
      try (IValue result = TorchScriptBridge.run(module, method, training, values)) {
        return tensors((PtNDManager) results, result);
      }
    } finally {
      for (int i = 0; i < values.length; i++) {
        if (values[i] != null && !(arguments[i] instanceof Dictionary)) {
          values[i].close();
        }
      }
      running.unlock();
    }
  }

  private static List<NDArray> tensors(PtNDManager manager, IValue result) {
    List<NDArray> tensors = new ArrayList<>();
    if (result.isTensor()) {
      tensors.add(result.toTensor(manager));
    } else if (result.isTensorList()) {
      tensors.addAll(List.of(result.toTensorArray(manager)));
    } else if (result.isTuple()) {
      for (IValue element : result.toIValueTuple()) {
        try (element) {
          tensors.addAll(tensors(manager, element));
        }
      }
    }
    return tensors;
  }

  private static IValue toValue(Object argument) {
    if (argument instanceof NDArray array) {
      return IValue.from((PtNDArray) Tensors.require(array));
    } else if (argument instanceof Dictionary dictionary) {
      return dictionary.value();
    } else if (argument instanceof List<?> list) {
      return IValue.listFrom(
          list.stream()
              .map(tensor -> (PtNDArray) Tensors.require((NDArray) tensor))
              .toArray(PtNDArray[]::new));
    } else if (argument instanceof long[] longs) {
      return IValue.listFrom(longs);
    } else if (argument instanceof Integer || argument instanceof Long) {
      return IValue.from(((Number) argument).longValue());
    } else if (argument instanceof Double number) {
      return IValue.from(number.doubleValue());
    } else if (argument instanceof Boolean flag) {
      return IValue.from(flag.booleanValue());
    }
    throw new IllegalArgumentException(
        "no script takes an argument of " + (argument == null ? null : argument.getClass()));
  }
}
