package dev.attune.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class TorchScriptTest {
  @Test
  void shouldFailWithAnExceptionWhenShapesDoNotFit() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      NDArray x = manager.ones(new Shape(2, 3));
      NDArray y = manager.ones(new Shape(2, 4));

      // When / Then
      assertThatThrownBy(() -> TorchScript.SHARED.infer(manager, "product", x, y))
          .isInstanceOf(EngineException.class);
    }
  }

  @Test
  void shouldRefuseAnArgumentThatNoScriptTakes() {
    try (NDManager manager = Torch.newManager()) {
      // When / Then
      assertThatThrownBy(() -> TorchScript.SHARED.infer(manager, "cast", "text", 6))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("String");
    }
  }

  @Test
  void shouldRefuseWhatIsNoTensor() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      List<Object> holed = new ArrayList<>();
      holed.add(null);
      NDArray complex = manager.ones(new Shape(2)).toType(DataType.COMPLEX64, true);
      Dictionary closed = new Dictionary(Map.of("x", manager.ones(new Shape(1))));
      closed.close();

      // When / Then
      assertThatThrownBy(() -> TorchScript.SHARED.infer(manager, "copy", holed))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("tensor is null");
      assertThatThrownBy(() -> TorchScript.SHARED.infer(manager, "cast", complex, 6))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("complex64");
      assertThatThrownBy(() -> TorchScript.SHARED.infer(manager, "cast", null, 6))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("null");
      assertThatThrownBy(() -> TorchScript.SHARED.infer(manager, "logits", complex, closed))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new Dictionary(Map.of("x", complex)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("complex64");
    }
  }

  @Test
  void shouldFailWithAnExceptionWhateverTheScriptIsCalledWith() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      NDArray floats = manager.ones(new Shape(2, 3));
      NDArray ids = Tensors.of(manager, new long[] {0, 99}, 2);
      NDArray negative = Tensors.of(manager, new long[] {-1}, 1);
      Map<String, NDArray> table = Map.of("model.embed_tokens.weight", floats);
      try (Dictionary weights = new Dictionary(table);
          Dictionary closed = new Dictionary(table)) {
        closed.close();

        // When / Then: no such method, too few arguments, of a wrong type, of a wrong element type,
        // of indices without a row, of a released dictionary, of an unknown number of a type
        for (ThrowingCallable call :
            List.<ThrowingCallable>of(
                () -> TorchScript.SHARED.infer(manager, "conjure", floats),
                () -> TorchScript.SHARED.infer(manager, "product", floats),
                () -> TorchScript.SHARED.infer(manager, "product", floats, 6),
                () -> TorchScript.SHARED.infer(manager, "product", floats, ids),
                () -> TorchScript.SHARED.infer(manager, "embed", floats, weights),
                () -> TorchScript.SHARED.infer(manager, "embed", ids, weights),
                () -> TorchScript.SHARED.infer(manager, "embed", negative, weights),
                () -> TorchScript.SHARED.infer(manager, "embed", ids, closed),
                () -> TorchScript.SHARED.infer(manager, "cast", floats, 99))) {
          assertThatThrownBy(call).isInstanceOf(RuntimeException.class);
        }
      }
    }
  }

  @Test
  void shouldNotReadATensorOfAnotherTypeAsFloats() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      NDArray ones = manager.ones(new Shape(2));
      NDArray brain = TorchScript.SHARED.infer(manager, "cast", ones, TorchScript.BFLOAT16);
      NDArray ids = Tensors.of(manager, new long[] {1}, 1);

      // When / Then
      assertThatThrownBy(() -> Tensors.floats(brain)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> Tensors.floats(ids)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void shouldTakeTheStepsOfAdamW() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      double[] gradients = {0.5, -2, 0.1};
      double lr = 0.1;
      double decay = 0.2;
      NDArray weight = Tensors.owned(manager, new float[] {1}, TorchScript.FLOAT32, 1);
      List<NDArray> mean = List.of(manager.zeros(new Shape(1)));
      List<NDArray> square = List.of(manager.zeros(new Shape(1)));
      List<NDArray> steps = List.of(Tensors.of(manager, new float[1]));

      // When
      for (double gradient : gradients) {
        NDArray g = Tensors.of(manager, new float[] {(float) gradient}, 1);
        TorchScript.SHARED.train(
            manager,
            "adamw",
            List.of(weight),
            List.of(g),
            mean,
            square,
            steps,
            lr,
            0.9,
            0.98,
            decay,
            1e-8);
      }

      // Then
      double w = 1;
      double m = 0;
      double v = 0;
      for (int t = 1; t <= gradients.length; t++) {
        double g = gradients[t - 1];
        m = 0.9 * m + 0.1 * g;
        v = 0.98 * v + 0.02 * g * g;
        w -= lr * decay * w;
        w -= lr * (m / (1 - Math.pow(0.9, t))) / (Math.sqrt(v / (1 - Math.pow(0.98, t))) + 1e-8);
      }
      assertThat((double) weight.getFloat(0)).isCloseTo(w, within(1e-5));
    }
  }

  @Test
  void shouldClipByTheNormOverAllGradients() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      NDArray a = Tensors.of(manager, new float[] {-3, 0}, 2);
      NDArray b = Tensors.of(manager, new float[] {4}, 1);

      // When
      NDArray norm = TorchScript.SHARED.train(manager, "clip", List.of(a, b), 1.0).get(0);

      // Then
      assertThat(norm.getFloat()).isCloseTo(5f, within(1e-5f));
      assertThat(a.getFloat(0)).isCloseTo(-0.6f, within(1e-5f));
      assertThat(b.getFloat(0)).isCloseTo(0.8f, within(1e-5f));
    }
  }

  @Test
  void shouldMoveAMatrixAlongTheOrthogonalizedMomentum() {
    try (NDManager manager = Torch.newManager()) {
      // Given: a diagonal gradient, whose nearest orthogonal matrix is known: its signs
      NDArray weight = Tensors.owned(manager, new float[4], TorchScript.FLOAT32, 2, 2);
      NDArray gradient = Tensors.of(manager, new float[] {8, 0, 0, -4}, 2, 2);

      // When
      TorchScript.SHARED.train(
          manager,
          "muon",
          List.of(weight),
          List.of(gradient),
          List.of(manager.zeros(new Shape(2, 2))),
          0.1,
          0.95,
          0.1);

      // Then: five steps bring each singular value near one, not to it
      assertThat(weight.getFloat(0, 0)).isCloseTo(-0.1f, within(0.035f));
      assertThat(weight.getFloat(1, 1)).isCloseTo(0.1f, within(0.035f));
      assertThat(weight.getFloat(0, 1)).isCloseTo(0f, within(1e-3f));
    }
  }

  @Test
  void shouldMeasureTheSamePrecisionOnce() {
    // When
    Precision fastest = Precision.fastest();

    // Then
    assertThat(Precision.fastest()).isSameAs(fastest);
  }
}
