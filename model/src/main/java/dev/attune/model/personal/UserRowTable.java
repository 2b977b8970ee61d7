package dev.attune.model.personal;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** Users' rows in memory, in the order of their ids. Safe for use by several threads. */
public final class UserRowTable implements UserRows {
  private static final int MAGIC = 0x41545531; // "ATU1"

  private final ConcurrentSkipListMap<String, UserRow> rows = new ConcurrentSkipListMap<>();

  /** Makes an empty table. */
  public UserRowTable() {}

  @Override
  public @Nullable UserRow find(String user) {
    return rows.get(user);
  }

  @Override
  public void put(String user, UserRow row) {
    rows.put(user, row);
  }

  @Override
  public boolean remove(String user) {
    return rows.remove(user) != null;
  }

  /** Returns a view of the ids of all users with a row. */
  public SortedSet<String> users() {
    return Collections.unmodifiableSortedSet(rows.keySet());
  }

  /** Returns all rows as bytes; equal tables give equal bytes. */
  public byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      Map<String, UserRow> all = Map.copyOf(rows);
      out.writeInt(MAGIC);
      out.writeInt(all.size());
      for (String user : all.keySet().stream().sorted().toList()) {
        byte[] row = all.get(user).toBytes();
        out.writeUTF(user);
        out.writeInt(row.length);
        out.write(row);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws IllegalArgumentException if the bytes are no table
   */
  public static UserRowTable read(byte[] bytes) {
    UserRowTable table = new UserRowTable();
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (in.readInt() != MAGIC) {
        throw new IllegalArgumentException("the bytes are no table of users");
      }
      for (int i = in.readInt(); i > 0; i--) {
        String user = in.readUTF();
        table.put(user, UserRow.read(in.readNBytes(in.readInt())));
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("the table of users is cut off", e);
    }
    return table;
  }
}
