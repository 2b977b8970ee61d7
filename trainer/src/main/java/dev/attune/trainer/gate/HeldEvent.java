package dev.attune.trainer.gate;

import dev.attune.model.reward.EncodedExample;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** An event that models are compared on, and what they lose on it. */
final class HeldEvent {
  private final long number;
  private final EncodedExample example;
  private final double candidateLoss;
  private double servingLoss = Double.NaN;

  /**
   * @param number counts the model's events from 1; 0 is one of the general set
   * @param candidateLoss before it was learned from; NaN where the candidate has to be asked
   */
  HeldEvent(long number, EncodedExample example, double candidateLoss) {
    this.number = number;
    this.example = example;
    this.candidateLoss = candidateLoss;
  }

  /** The same event, whose losses are not known. */
  HeldEvent unscored() {
    return new HeldEvent(number, example, Double.NaN);
  }

  long number() {
    return number;
  }

  EncodedExample example() {
    return example;
  }

  long user() {
    return example.user();
  }

  double candidateLoss() {
    return candidateLoss;
  }

  /** The serving version's loss; NaN where it has to be asked. */
  double servingLoss() {
    return servingLoss;
  }

  void setServingLoss(double loss) {
    servingLoss = loss;
  }

  void write(DataOutputStream out) throws IOException {
    out.writeLong(number);
    example.write(out);
    out.writeDouble(candidateLoss);
    out.writeDouble(servingLoss);
  }

  static HeldEvent read(DataInputStream in) throws IOException {
    HeldEvent event = new HeldEvent(in.readLong(), EncodedExample.read(in), in.readDouble());
    event.servingLoss = in.readDouble();
    return event;
  }
}
