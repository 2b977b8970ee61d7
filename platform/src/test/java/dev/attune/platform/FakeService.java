package dev.attune.platform;

/** A service that does as the test says. */
class FakeService implements Service {
  volatile boolean live = true;
  volatile boolean ready;
  volatile boolean closed;
  private final Runnable onStart;

  FakeService(Runnable onStart) {
    this.onStart = onStart;
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public void start() {
    onStart.run();
    ready = true;
  }

  @Override
  public boolean live() {
    return live;
  }

  @Override
  public boolean ready() {
    return ready;
  }

  @Override
  public void close() {
    closed = true;
  }
}
