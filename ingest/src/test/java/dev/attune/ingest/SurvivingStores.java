package dev.attune.ingest;

import dev.attune.ingest.topology.StateStores;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowBytesStoreSupplier;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Stores in memory that outlive the driver that uses them, so that a restart loses what processors
 * remember and nothing else.
 */
final class SurvivingStores implements StateStores.Suppliers {
  private final Map<String, StateStore> stores = new HashMap<>();

  @Override
  public WindowBytesStoreSupplier window(String name, Duration retention, Duration window) {
    WindowBytesStoreSupplier fresh = Stores.inMemoryWindowStore(name, retention, window, false);
    return new WindowBytesStoreSupplier() {
      @Override
      public WindowStore<Bytes, byte[]> get() {
        return surviving(name, WindowStore.class, fresh.get());
      }

      @Override
      public long segmentIntervalMs() {
        return fresh.segmentIntervalMs();
      }

      @Override
      public long windowSize() {
        return fresh.windowSize();
      }

      @Override
      public boolean retainDuplicates() {
        return fresh.retainDuplicates();
      }

      @Override
      public long retentionPeriod() {
        return fresh.retentionPeriod();
      }

      @Override
      public String name() {
        return name;
      }

      @Override
      public String metricsScope() {
        return fresh.metricsScope();
      }
    };
  }

  @Override
  public KeyValueBytesStoreSupplier keyValue(String name) {
    KeyValueBytesStoreSupplier fresh = Stores.inMemoryKeyValueStore(name);
    return new KeyValueBytesStoreSupplier() {
      @Override
      public KeyValueStore<Bytes, byte[]> get() {
        return surviving(name, KeyValueStore.class, fresh.get());
      }

      @Override
      public String name() {
        return name;
      }

      @Override
      public String metricsScope() {
        return fresh.metricsScope();
      }
    };
  }

  @Override
  public KeyValueBytesStoreSupplier inMemory(String name) {
    return keyValue(name);
  }

  /** The store of that name, which does not forget when it is closed. */
  @SuppressWarnings("unchecked")
  private <S extends StateStore> S surviving(String name, Class<? super S> type, S fresh) {
    StateStore kept = stores.computeIfAbsent(name, absent -> fresh);
    return (S)
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                return null;
              }
              try {
                return method.invoke(kept, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
