package dev.attune.platform.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bytes by key in a folder on disk (RocksDB), larger than memory: a cache of what a Kafka topic
 * holds, never the only copy. So it writes no log of its own: only {@link #close} makes its content
 * last, and a folder that was not closed (a crash, a kill) is emptied when it is opened again. An
 * owner that cannot tell how far the content goes calls {@link #clear}.
 *
 * <p>Cached blocks, indexes, filters and unflushed writes together keep within the memory given, at
 * least {@value #LEAST_MEMORY} bytes; iterators and open files add a little.
 *
 * <p>Any thread may call; a batch is seen whole or not at all. The folder is one process's at a
 * time. Errors of the disk are {@link UncheckedIOException}s.
 */
public final class DiskStore implements AutoCloseable {
  /** Below it, RocksDB would flush files of a few records. */
  public static final long LEAST_MEMORY = 1L << 20;

  private static final Logger LOG = LoggerFactory.getLogger(DiskStore.class);

  /** Stands in the folder from a clean close to the next opening. */
  private static final String CLOSED = "CLOSED";

  private static final double BLOOM_BITS = 10;
  private static final int OPEN_FILES = 256;

  static {
    RocksDB.loadLibrary();
  }

  private final Path folder;
  private final LRUCache cache;
  private final WriteBufferManager buffers;
  private final BloomFilter bloom;
  private final Options options;
  private final WriteOptions unlogged;
  private final ReadWriteLock lock;
  private @Nullable RocksDB db;

  private DiskStore(Path folder, long memoryBytes) {
    this.folder = folder;
    this.cache = new LRUCache(memoryBytes);
    this.buffers = new WriteBufferManager(memoryBytes / 2, cache);
    this.bloom = new BloomFilter(BLOOM_BITS);
    this.options =
        new Options()
            .setCreateIfMissing(true)
            .setWriteBufferManager(buffers)
            .setWriteBufferSize(memoryBytes / 4)
            .setMaxOpenFiles(OPEN_FILES)
            .setCompressionType(CompressionType.LZ4_COMPRESSION)
            .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
            .setKeepLogFileNum(1)
            .setTableFormatConfig(
                new BlockBasedTableConfig()
                    .setBlockCache(cache)
                    .setCacheIndexAndFilterBlocks(true)
                    .setPinL0FilterAndIndexBlocksInCache(true)
                    .setFilterPolicy(bloom));
    this.unlogged = new WriteOptions().setDisableWAL(true);
    this.lock = new ReentrantReadWriteLock();
  }

  /**
   * The store in a folder, which is made if it is missing, with what the last clean close left in
   * it; empty otherwise.
   *
   * @throws IllegalArgumentException for too little memory
   * @throws UncheckedIOException if the folder cannot be used, as when another process has it open
   */
  public static DiskStore open(Path folder, long memoryBytes) {
    if (memoryBytes < LEAST_MEMORY) {
      throw new IllegalArgumentException(
          "memory is %d bytes, expected %d or more".formatted(memoryBytes, LEAST_MEMORY));
    }
    DiskStore store = new DiskStore(folder, memoryBytes);
    try {
      store.start();
    } catch (IOException e) {
      store.release();
      throw new UncheckedIOException(e);
    }
    return store;
  }

  /** The value of a key, or null without one. */
  public byte @Nullable [] get(String key) {
    return reading("read", db -> db.get(bytes(key)));
  }

  /** Puts all these values, and deletes the keys whose value is null, as one. */
  public void write(Map<String, byte @Nullable []> batch) {
    if (batch.isEmpty()) {
      return;
    }
    reading(
        "write to",
        db -> {
          try (WriteBatch writes = new WriteBatch()) {
            for (Map.Entry<String, byte @Nullable []> entry : batch.entrySet()) {
              byte[] value = entry.getValue();
              if (value == null) {
                writes.delete(bytes(entry.getKey()));
              } else {
                writes.put(bytes(entry.getKey()), value);
              }
            }
            db.write(unlogged, writes);
          }
          return batch;
        });
  }

  /** Hands over what was there at the call, in the order of the keys' UTF-8 bytes. */
  public void forEach(BiConsumer<String, byte[]> visitor) {
    reading(
        "read",
        db -> {
          try (RocksIterator entries = db.newIterator()) {
            for (entries.seekToFirst(); entries.isValid(); entries.next()) {
              visitor.accept(new String(entries.key(), UTF_8), entries.value());
            }
            entries.status();
          }
          return visitor;
        });
  }

  /** How many keys there are: an estimate, too high after many changes of the same keys. */
  public long size() {
    Long keys = reading("read", db -> db.getLongProperty("rocksdb.estimate-num-keys"));
    return keys == null ? 0 : keys;
  }

  /** Empties the store. */
  public void clear() {
    lock.writeLock().lock();
    try {
      requireOpen().close();
      db = null;
      destroy();
      db = RocksDB.open(options, folder.toString());
    } catch (RocksDBException e) {
      throw failed("empty", e);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Makes the content last and frees the folder. Repeated calls do nothing. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
      RocksDB open = db;
      if (open == null) {
        return;
      }
      db = null;
      try (open) {
        open.flush(flush);
      }
      Files.createFile(folder.resolve(CLOSED));
    } catch (RocksDBException | IOException e) {
      throw failed("close", e);
    } finally {
      release();
      lock.writeLock().unlock();
    }
  }

  private void start() throws IOException {
    Files.createDirectories(folder);
    try {
      boolean kept = Files.deleteIfExists(folder.resolve(CLOSED));
      if (!kept) {
        destroy();
      }
      db = kept ? reopen() : RocksDB.open(options, folder.toString());
    } catch (RocksDBException e) {
      throw new IOException("cannot open the store " + folder, e);
    }
  }

  /** A copy that does not read back is worth nothing: it begins anew. */
  private RocksDB reopen() throws RocksDBException {
    try {
      return RocksDB.open(options, folder.toString());
    } catch (RocksDBException e) {
      Status status = e.getStatus();
      if (status == null || status.getCode() != Status.Code.Corruption) {
        throw e;
      }
      LOG.atWarn().addKeyValue("folder", folder).setCause(e).log("store is damaged; emptied");
      destroy();
      return RocksDB.open(options, folder.toString());
    }
  }

  /** Removes RocksDB's own files only, whatever else the folder holds. */
  private void destroy() throws RocksDBException {
    RocksDB.destroyDB(folder.toString(), options);
  }

  private void release() {
    unlogged.close();
    options.close();
    bloom.close();
    buffers.close();
    cache.close();
  }

  private <T extends @Nullable Object> T reading(String what, Access<T> access) {
    lock.readLock().lock();
    try {
      return access.apply(requireOpen());
    } catch (RocksDBException e) {
      throw failed(what, e);
    } finally {
      lock.readLock().unlock();
    }
  }

  private RocksDB requireOpen() {
    RocksDB open = db;
    if (open == null) {
      throw new IllegalStateException("the store " + folder + " is closed");
    }
    return open;
  }

  private UncheckedIOException failed(String what, Exception cause) {
    return new UncheckedIOException(
        new IOException("cannot %s the store %s".formatted(what, folder), cause));
  }

  private static byte[] bytes(String key) {
    return key.getBytes(UTF_8);
  }

  /** One use of the open database. */
  private interface Access<T extends @Nullable Object> {
    T apply(RocksDB db) throws RocksDBException;
  }
}
