package dev.attune.bench;

/** Is told what is measured and how far it has come. */
public interface BenchProgress {
  /** Tells nobody. */
  BenchProgress NONE =
      new BenchProgress() {
        @Override
        public void begin(String task, int rounds) {}

        @Override
        public void done(int rounds) {}
      };

  /** A measurement begins; the one before it has ended. */
  void begin(String task, int rounds);

  /** So many of its rounds were run. */
  void done(int rounds);
}
