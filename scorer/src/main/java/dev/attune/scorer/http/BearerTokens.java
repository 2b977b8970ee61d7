package dev.attune.scorer.http;

import dev.attune.platform.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that open the door (RFC 6750). Only their SHA-256 is kept: hashes have one length, so
 * comparing them takes the same time whatever was guessed. Immutable.
 */
public final class BearerTokens {
  /** Nobody needs a token. */
  public static final BearerTokens NONE = new BearerTokens(List.of());

  /** What a header can carry; long enough not to be guessed. */
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]{16,500}=*");

  private static final String SCHEME = "Bearer ";

  private final List<byte[]> hashes;

  private BearerTokens(List<byte[]> hashes) {
    this.hashes = List.copyOf(hashes);
  }

  /**
   * Reads tokens that are separated by commas.
   *
   * @param source the setting's name, for the error
   * @throws ConfigException naming the setting, never a token
   */
  public static BearerTokens parse(String text, String source) {
    return of(Arrays.asList(text.split(",", -1)), source);
  }

  /**
   * Reads a file with a token a line; blank lines and lines that begin with # are skipped.
   *
   * @param source the setting's name, for the error
   * @throws ConfigException naming the setting and the file, never a token
   */
  public static BearerTokens read(Path file, String source) {
    try {
      List<String> lines =
          Files.readAllLines(file, StandardCharsets.UTF_8).stream()
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .toList();
      return of(lines, source + " = " + file);
    } catch (IOException e) {
      throw new ConfigException(source + " = " + file + " cannot be read as text in UTF-8", e);
    }
  }

  private static BearerTokens of(List<String> texts, String source) {
    List<byte[]> hashes = new ArrayList<>();
    for (String text : texts) {
      if (!TOKEN.matcher(text.strip()).matches()) {
        throw new ConfigException(
            source
                + " is not allowed: a token must have 16 to 500 letters, digits or -._~+/, then any"
                + " number of =");
      }
      hashes.add(hash(text.strip()));
    }
    if (hashes.isEmpty()) {
      throw new ConfigException(source + " has no token");
    }
    return new BearerTokens(hashes);
  }

  /** The tokens of both. */
  public BearerTokens and(BearerTokens others) {
    List<byte[]> all = new ArrayList<>(hashes);
    all.addAll(others.hashes);
    return new BearerTokens(all);
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return hashes.isEmpty();
  }

  /**
   * Whether a request may pass.
   *
   * @param authorization its header, or null
   */
  boolean admit(@Nullable String authorization) {
    if (hashes.isEmpty()) {
      return true;
    }
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return false;
    }
    byte[] given = hash(authorization.substring(SCHEME.length()).strip());
    boolean known = false;
    for (byte[] hash : hashes) {
      known |= MessageDigest.isEqual(hash, given);
    }
    return known;
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
