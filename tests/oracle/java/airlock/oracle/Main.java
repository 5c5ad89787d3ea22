package airlock.oracle;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Asks Kafka Connect's own classes: reads cases as JSON lines, writes one answer a line, in order, until the input ends.
 * {@code tests/oracle/README.md} has the notation.
 */
final class Main {
    /** Values may nest deeper than the JVM's usual stack allows. */
    private static final long STACK_BYTES = 256L << 20;
    private static final int NESTING = 100_000;
    private static final int BUFFER = 1 << 16;

    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(NESTING).build())
            .streamWriteConstraints(StreamWriteConstraints.builder().maxNestingDepth(NESTING).build())
            .build());

    private Main() {
    }

    public static void main(String[] arguments) throws InterruptedException {
        // Whatever a class prints must not get among the answers.
        OutputStream output = new BufferedOutputStream(System.out, BUFFER);
        InputStream input = System.in;
        System.setOut(System.err);
        Thread thread = new Thread(null, () -> answer(input, output), "cases", STACK_BYTES);
        thread.setUncaughtExceptionHandler((dead, error) -> {
            error.printStackTrace();
            System.exit(1);
        });
        thread.start();
        thread.join();
    }

    private static void answer(InputStream input, OutputStream output) {
        BufferedReader lines = new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8), BUFFER);
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.write(JSON.writeValueAsBytes(answer(line)));
                output.write('\n');
                if (!lines.ready()) {
                    output.flush();
                }
            }
            output.flush();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** What is wrong with the case itself is told as {@code case-error}, and never taken for a verdict. */
    private static ObjectNode answer(String line) {
        ObjectNode answer = JSON.createObjectNode();
        try {
            JsonNode read = JSON.readTree(line);
            answer.set("id", read.path("id"));
            Cases.run(read, answer);
        } catch (IOException | RuntimeException error) {
            answer.remove("results");
            answer.put("case-error", Text.safe(error.toString()));
        }
        return answer;
    }
}
