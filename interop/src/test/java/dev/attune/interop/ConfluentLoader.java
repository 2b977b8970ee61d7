package dev.attune.interop;

import dev.attune.schemas.events.Turn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Map;

/**
 * Confluent's classes, Attune's generated records and {@link ConfluentSerdes}, linked with one
 * another and with nothing else of this process.
 */
final class ConfluentLoader implements AutoCloseable {
  private static final Path CONFLUENT = Path.of(System.getProperty("attune.interop.confluent"));

  private final URLClassLoader loader;

  ConfluentLoader() {
    try {
      URL[] urls = {
        CONFLUENT.toUri().toURL(), location(Turn.class), location(ConfluentSerdes.class)
      };
      this.loader = new URLClassLoader("confluent", urls, ClassLoader.getPlatformClassLoader());
    } catch (MalformedURLException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Serdes with Confluent's configuration keys. */
  Confluent serdes(Map<String, ?> configs) {
    try {
      Class<?> type = loader.loadClass(ConfluentSerdes.class.getName());
      Object theirs = inside(() -> type.getConstructor(Map.class).newInstance(configs));
      return (Confluent)
          Proxy.newProxyInstance(
              Confluent.class.getClassLoader(),
              new Class<?>[] {Confluent.class},
              (proxy, method, args) ->
                  inside(
                      () ->
                          type.getMethod(method.getName(), method.getParameterTypes())
                              .invoke(theirs, args)));
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("Confluent's classes cannot be used", e);
    }
  }

  @Override
  public void close() {
    try {
      loader.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Kafka finds the classes of its configuration by the thread's class loader. */
  private Object inside(Call call) throws Throwable {
    Thread thread = Thread.currentThread();
    ClassLoader outside = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return call.run();
    } catch (InvocationTargetException e) {
      throw e.getCause();
    } finally {
      thread.setContextClassLoader(outside);
    }
  }

  private static URL location(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation();
  }

  private interface Call {
    Object run() throws ReflectiveOperationException;
  }
}
