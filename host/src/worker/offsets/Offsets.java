// Reads an offset file as Kafka Connect does, prints it, and writes it again. For tests.

import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

public class Offsets {
    @SuppressWarnings("unchecked")
    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        HashMap<byte[], byte[]> map;
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
            map = (HashMap<byte[], byte[]>) in.readObject();
        }
        TreeMap<String, String> sorted = new TreeMap<>();
        for (Map.Entry<byte[], byte[]> entry : map.entrySet()) {
            sorted.put(text(entry.getKey()), text(entry.getValue()));
        }
        sorted.forEach((key, value) -> System.out.println(key + " " + value));
        try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(file))) {
            out.writeObject(map);
        }
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
    }
}
