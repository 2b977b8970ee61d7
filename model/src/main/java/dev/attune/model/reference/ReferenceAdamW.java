package dev.attune.model.reference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101) with clipping by the global norm (Pascanu et
 * al. 2013, arXiv 1211.5063), one parameter after the other. Changes the parameters in place; not
 * safe for use by several threads.
 */
public final class ReferenceAdamW implements AutoCloseable {
  private static final double EPS = 1e-8;
  private static final double NORM_EPS = 1e-6;

  private final Settings settings;
  private final Map<String, NDArray> parameters;
  private final NDManager manager;
  private final Map<String, NDArray> means = new LinkedHashMap<>();
  private final Map<String, NDArray> squares = new LinkedHashMap<>();
  private int steps;

  /**
   * The settings.
   *
   * @param learningRate of each step
   * @param beta1 decay of the mean gradient
   * @param beta2 decay of the squared gradient
   * @param decay weight decay, as a share of the learning rate
   * @param clip longest gradient, over all parameters
   */
  public record Settings(
      double learningRate, double beta1, double beta2, double decay, double clip) {}

  /** Makes an optimiser of these parameters, which it does not close. */
  public ReferenceAdamW(NDManager parent, Map<String, NDArray> parameters, Settings settings) {
    this.manager = parent.newSubManager();
    this.parameters = parameters;
    this.settings = settings;
    parameters.forEach(
        (name, parameter) -> {
          means.put(name, manager.zeros(parameter.getShape()));
          squares.put(name, manager.zeros(parameter.getShape()));
        });
  }

  /**
   * Takes one step.
   *
   * @param gradients one for each parameter; changed
   * @return the norm of the gradient before clipping
   */
  public double step(Map<String, NDArray> gradients) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try {
      double norm = clip(gradients);
      steps++;
      double rate = settings.learningRate / (1 - Math.pow(settings.beta1, steps));
      double correction = Math.sqrt(1 - Math.pow(settings.beta2, steps));
      gradients.forEach((name, gradient) -> update(name, gradient, rate, correction));
      return norm;
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  private double clip(Map<String, NDArray> gradients) {
    double sum = 0;
    for (NDArray gradient : gradients.values()) {
      try (NDArray square = gradient.square();
          NDArray total = square.sum()) {
        sum += total.getFloat();
      }
    }
    double norm = Math.sqrt(sum);
    double factor = settings.clip / (norm + NORM_EPS);
    if (factor < 1) {
      gradients.values().forEach(gradient -> gradient.muli(factor));
    }
    return norm;
  }

  private void update(String name, NDArray gradient, double rate, double correction) {
    NDArray mean = means.get(name);
    NDArray square = squares.get(name);
    NDArray parameter = parameters.get(name);
    parameter.muli(1 - settings.learningRate * settings.decay);
    mean.muli(settings.beta1);
    square.muli(settings.beta2);
    try (NDArray first = gradient.mul(1 - settings.beta1);
        NDArray squared = gradient.square().muli(1 - settings.beta2)) {
      mean.addi(first);
      square.addi(squared);
    }
    try (NDArray root = square.sqrt().divi(correction).addi(EPS);
        NDArray change = mean.mul(rate).divi(root)) {
      parameter.subi(change);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
