package dev.attune.cli.stream;

/** How well a user is known: by how many earlier events. */
enum Tenure {
  NEW("0", 0),
  FEW("1-5", 5),
  SOME("6-20", 20),
  MANY("21+", Integer.MAX_VALUE);

  private final String label;
  private final int most;

  Tenure(String label, int most) {
    this.label = label;
    this.most = most;
  }

  /** As reports print it. */
  String label() {
    return label;
  }

  /** Of a user with so many earlier events. */
  static Tenure of(int earlier) {
    for (Tenure tenure : values()) {
      if (earlier <= tenure.most) {
        return tenure;
      }
    }
    throw new IllegalArgumentException(earlier + " earlier events");
  }
}
