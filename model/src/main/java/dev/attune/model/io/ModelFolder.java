package dev.attune.model.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model in Hugging Face's folder layout: {@code config.json}, optionally {@code tokenizer.json},
 * and weights in {@code model.safetensors} or in the shards that {@code
 * model.safetensors.index.json} names. Other files of the folder are ignored.
 *
 * <p>Safe for use by many threads; the files must not change while it is open.
 */
public final class ModelFolder implements AutoCloseable {
  private static final String CONFIG = "config.json";
  private static final String TOKENIZER = "tokenizer.json";
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  private static final String CHAT_TEMPLATE = "chat_template.jinja";
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private static final Set<ElementType> FLOATS =
      Collections.unmodifiableSet(EnumSet.of(ElementType.F32, ElementType.F16, ElementType.BF16));

  private static final Pattern MODEL_FILE =
      Pattern.compile(
          "config\\.json|generation_config\\.json|tokenizer(_config)?\\.json|chat_template\\.jinja"
              + "|model.*\\.safetensors(\\.index\\.json)?");

  private final Path path;
  private final ModelConfig config;
  private final List<Safetensors> shards;
  private final Map<String, Safetensors> shardOf;
  private final Set<String> definingFiles;

  private ModelFolder(
      Path path,
      ModelConfig config,
      List<Safetensors> shards,
      Map<String, Safetensors> shardOf,
      Set<String> definingFiles) {
    this.path = path;
    this.config = config;
    this.shards = shards;
    this.shardOf = Collections.unmodifiableMap(shardOf);
    this.definingFiles = definingFiles;
  }

  /**
   * Opens a folder and validates its configuration and all headers.
   *
   * @throws ModelFormatException naming the file at fault, and the field or tensor
   */
  public static ModelFolder open(Path dir) {
    if (!Files.isDirectory(dir)) {
      throw new ModelFormatException(dir, "no such folder");
    }
    ModelConfig config = ModelConfig.read(dir.resolve(CONFIG));
    Set<String> files = new TreeSet<>(Set.of(CONFIG));
    Stream.of(TOKENIZER, TOKENIZER_CONFIG, CHAT_TEMPLATE, INDEX)
        .filter(name -> Files.isRegularFile(dir.resolve(name)))
        .forEach(files::add);
    Map<String, String> fileOf = files.contains(INDEX) ? readIndex(dir.resolve(INDEX)) : Map.of();
    List<Safetensors> shards = new ArrayList<>();
    boolean opened = false;
    try {
      Map<String, Safetensors> shardOf =
          files.contains(INDEX) ? openShards(dir, fileOf, shards) : openSingle(dir, shards);
      files.addAll(files.contains(INDEX) ? fileOf.values() : Set.of(WEIGHTS));
      ModelFolder folder = new ModelFolder(dir, config, shards, shardOf, files);
      opened = true;
      return folder;
    } finally {
      if (!opened) {
        shards.forEach(Safetensors::close);
      }
    }
  }

  /**
   * Writes a model folder so that no half-written one is ever seen: into a temporary folder beside
   * it, forced to disk, which is then renamed. An existing model folder of that name is renamed
   * away just before and then deleted.
   *
   * @param tokenizerJson copied in when given, with the {@code tokenizer_config.json} beside it
   * @param weights written with {@code format = pt} added to its metadata
   * @throws UncheckedIOException if it cannot be written, or if the folder exists and holds
   *     anything but a model's files
   */
  public static void save(
      Path dir, ModelConfig config, @Nullable Path tokenizerJson, SafetensorsWriter weights) {
    Path target = dir.toAbsolutePath().normalize();
    try {
      requireReplaceable(target);
      Files.createDirectories(target.getParent());
      String unique = "." + target.getFileName() + "." + UUID.randomUUID();
      Path temporary = Files.createDirectory(target.resolveSibling(unique));
      try {
        config.write(temporary.resolve(CONFIG));
        if (tokenizerJson != null) {
          Files.copy(tokenizerJson, temporary.resolve(TOKENIZER));
          Path tokenizerConfig = tokenizerJson.resolveSibling(TOKENIZER_CONFIG);
          if (Files.isRegularFile(tokenizerConfig)) {
            Files.copy(tokenizerConfig, temporary.resolve(TOKENIZER_CONFIG));
          }
        }
        // Hugging Face's library refuses weights that do not say so.
        weights.metadata("format", "pt").write(temporary.resolve(WEIGHTS));
        force(temporary);
        replace(target, temporary, target.resolveSibling(unique + ".old"));
      } finally {
        deleteTree(temporary);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + dir, e);
    }
  }

  /** The folder. */
  public Path path() {
    return path;
  }

  /** Its {@code config.json}. */
  public ModelConfig config() {
    return config;
  }

  /** Its {@code tokenizer.json}, if it has one. */
  public Optional<Path> tokenizerJson() {
    return definingFiles.contains(TOKENIZER)
        ? Optional.of(path.resolve(TOKENIZER))
        : Optional.empty();
  }

  /** How many files its weights are in. */
  public int shards() {
    return shards.size();
  }

  /** Names of all tensors, across shards. */
  public Set<String> names() {
    return shardOf.keySet();
  }

  /** What the header says about a tensor. */
  public TensorInfo info(String name) {
    return shard(name).info(name);
  }

  /** A tensor's raw bytes, as {@link Safetensors#data}. */
  public ByteBuffer data(String name) {
    return shard(name).data(name);
  }

  /** A part of a tensor's raw bytes, as {@link Safetensors#data(String, long, int)}. */
  public ByteBuffer data(String name, long first, int count) {
    return shard(name).data(name, first, count);
  }

  /**
   * Checks that the weights hold a tensor of floating-point numbers in this shape.
   *
   * @throws ModelFormatException naming the file and the tensor
   */
  public void require(String name, long... shape) {
    TensorInfo info = info(name);
    String problem = null;
    if (!Arrays.equals(info.dimensions(), shape)) {
      problem =
          "shape is %s; config.json asks for %s".formatted(info.shape(), Arrays.toString(shape));
    } else if (!FLOATS.contains(info.type())) {
      problem = "dtype is %s; allowed %s".formatted(info.type(), FLOATS);
    }
    if (problem != null) {
      throw new ModelFormatException(
          shard(name).source(), "tensor '%s': %s".formatted(name, problem));
    }
  }

  /** A tensor as floats, as {@link Safetensors#floats}. */
  public float[] floats(String name) {
    return shard(name).floats(name);
  }

  /**
   * SHA-256 over the files that define the model, in the order of their names: each one's name,
   * length and bytes. Reads all of them at each call.
   *
   * @return 64 lower-case hexadecimal digits
   */
  public String sha256() {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    byte[] chunk = new byte[1 << 16];
    for (String name : definingFiles) {
      Path file = path.resolve(name);
      try (InputStream in = Files.newInputStream(file)) {
        byte[] frame = (name + "\n" + Files.size(file) + "\n").getBytes(StandardCharsets.UTF_8);
        digest.update(frame);
        for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
          digest.update(chunk, 0, read);
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + file, e);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public void close() {
    shards.forEach(Safetensors::close);
  }

  private Safetensors shard(String name) {
    Safetensors shard = shardOf.get(name);
    if (shard == null) {
      Path file = path.resolve(definingFiles.contains(INDEX) ? INDEX : WEIGHTS);
      throw new ModelFormatException(file, "tensor '" + name + "': missing");
    }
    return shard;
  }

  private static Map<String, Safetensors> openSingle(Path dir, List<Safetensors> opened) {
    if (!Files.exists(dir.resolve(WEIGHTS))) {
      throw new ModelFormatException(
          dir, "no weights; allowed: " + WEIGHTS + ", or shards with " + INDEX);
    }
    Safetensors single = Safetensors.open(dir.resolve(WEIGHTS));
    opened.add(single);
    Map<String, Safetensors> shardOf = new LinkedHashMap<>();
    single.names().forEach(name -> shardOf.put(name, single));
    return shardOf;
  }

  private static Map<String, Safetensors> openShards(
      Path dir, Map<String, String> fileOf, List<Safetensors> opened) {
    Map<String, Safetensors> byFile = new TreeMap<>();
    Map<String, Safetensors> shardOf = new LinkedHashMap<>();
    fileOf.forEach(
        (tensor, file) -> {
          Safetensors shard =
              byFile.computeIfAbsent(
                  file,
                  name -> {
                    Safetensors s = Safetensors.open(dir.resolve(name));
                    opened.add(s);
                    return s;
                  });
          shard.info(tensor); // fails, naming both, when the shard does not hold it
          shardOf.put(tensor, shard);
        });
    return shardOf;
  }

  private static Map<String, String> readIndex(Path index) {
    JsonFields map = JsonFields.read(index).object("weight_map");
    Map<String, String> fileOf = new LinkedHashMap<>();
    for (String tensor : map.names()) {
      String file = map.text(tensor);
      if (!file.endsWith(".safetensors") || file.contains("/") || file.contains("\\")) {
        throw map.wrong(tensor, "a safetensors file of the same folder");
      }
      fileOf.put(tensor, file);
    }
    return fileOf;
  }

  /** Keeps a mistyped path from costing a folder that is no model. */
  private static void requireReplaceable(Path dir) throws IOException {
    if (!Files.exists(dir)) {
      return;
    }
    try (Stream<Path> entries = Files.list(dir)) {
      Optional<Path> foreign =
          entries
              .filter(entry -> !MODEL_FILE.matcher(entry.getFileName().toString()).matches())
              .findFirst();
      if (foreign.isPresent()) {
        throw new FileAlreadyExistsException(
            dir.toString(), null, "not replaced, because it holds " + foreign.get().getFileName());
      }
    }
  }

  private static void force(Path dir) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
    }
  }

  private static void replace(Path dir, Path successor, Path old) throws IOException {
    if (!Files.exists(dir)) {
      Files.move(successor, dir, StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    Files.move(dir, old, StandardCopyOption.ATOMIC_MOVE);
    try {
      Files.move(successor, dir, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Files.move(old, dir, StandardCopyOption.ATOMIC_MOVE);
      throw e;
    }
    deleteTree(old);
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(root)) {
      paths = new ArrayList<>(walk.toList());
    }
    Collections.reverse(paths);
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
