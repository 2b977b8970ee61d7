package dev.attune.model.engine;

import com.sun.jna.Native;
import com.sun.jna.Structure;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/**
 * What the C library's allocator holds (glibc's only): tensors, scripts' values and all else
 * native.
 */
public final class NativeHeap {
  private NativeHeap() {}

  /**
   * Returns the bytes that are held, without direct buffers: the collector frees these, and in its
   * own time.
   */
  public static long heldBytes() {
    MallInfo info = CLibrary.INSTANCE.mallinfo2();
    long buffers =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .mapToLong(BufferPoolMXBean::getMemoryUsed)
            .sum();
    return info.uordblks + info.hblkhd - buffers;
  }

  /** What {@code mallinfo2(3)} returns, summed over all arenas. */
  @Structure.FieldOrder({
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keepcost"
  })
  public static final class MallInfo extends Structure implements Structure.ByValue {
    public long arena;
    public long ordblks;
    public long smblks;
    public long hblks;
    public long hblkhd;
    public long usmblks;
    public long fsmblks;
    public long uordblks;
    public long fordblks;
    public long keepcost;
  }

  private interface CLibrary extends com.sun.jna.Library {
    CLibrary INSTANCE = Native.load("c", CLibrary.class);

    MallInfo mallinfo2();
  }
}
