// Prints the partition that Kafka's own producer chooses for each key, a line of hexadecimal digits. For tests.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HexFormat;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

public class Partitions {
    public static void main(String[] arguments) throws Exception {
        int partitions = Integer.parseInt(arguments[0]);
        StringBuilder answers = new StringBuilder();
        try (BufferedReader keys = new BufferedReader(new InputStreamReader(System.in))) {
            for (String key = keys.readLine(); key != null; key = keys.readLine()) {
                byte[] bytes = HexFormat.of().parseHex(key);
                answers.append(BuiltInPartitioner.partitionForKey(bytes, partitions)).append('\n');
            }
        }
        System.out.print(answers);
    }
}
