package airlock.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Runs one case, in the way that a Connect worker would. */
final class Cases {
    private Cases() {
    }

    /** What Kafka's class does with a record or an item; an exception is a result too. Then the result is written. */
    interface Attempt {
        Supplier<ObjectNode> run();
    }

    static void run(JsonNode read, ObjectNode answer) throws IOException {
        Values.keepOrder(read.path("ordered").asBoolean());
        switch (read.path("kind").asText()) {
            case "transform" -> transform(read, answer);
            case "predicate" -> predicate(read, answer);
            case "converter" -> Converters.run(read, answer);
            default -> throw new IllegalArgumentException("kind is transform, predicate or converter");
        }
    }

    private static <R extends ConnectRecord<R>> void transform(JsonNode read, ObjectNode answer) {
        List<R> records = records(read);
        JsonNode condition = read.path("predicate");
        Transformation<R> transform = instance(read.path("class"));
        Predicate<R> predicate = condition.has("class") ? instance(condition.path("class")) : null;
        boolean negate = condition.path("negate").asBoolean();
        boolean configured = configure(answer, () -> {
            transform.configure(config(read));
            if (predicate != null) {
                predicate.configure(config(condition));
            }
        });
        if (configured) {
            each(records, answer, record -> () -> {
                boolean chosen = predicate == null || negate ^ predicate.test(record);
                R result = chosen ? transform.apply(record) : record;
                return () -> {
                    ObjectNode node = JsonNodeFactory.instance.objectNode();
                    return result == null ? node.put("dropped", true) : node.set("record", Records.write(result));
                };
            });
        }
        transform.close();
    }

    private static <R extends ConnectRecord<R>> void predicate(JsonNode read, ObjectNode answer) {
        List<R> records = records(read);
        Predicate<R> predicate = instance(read.path("class"));
        if (configure(answer, () -> predicate.configure(config(read)))) {
            each(records, answer, record -> () -> {
                boolean test = predicate.test(record);
                return () -> JsonNodeFactory.instance.objectNode().put("test", test);
            });
        }
        predicate.close();
    }

    @SuppressWarnings("unchecked")
    private static <R extends ConnectRecord<R>> List<R> records(JsonNode read) {
        List<R> records = new ArrayList<>();
        for (JsonNode node : read.path("records")) {
            records.add((R) Records.read(node, read.path("direction").asText()));
        }
        return records;
    }

    @SuppressWarnings("unchecked")
    static <T> T instance(JsonNode name) {
        try {
            return (T) Class.forName(name.asText()).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException error) {
            throw new IllegalArgumentException(error);
        }
    }

    /** Connect's configurations are strings. */
    static Map<String, String> config(JsonNode node) {
        Map<String, String> config = new HashMap<>();
        node.path("config").properties().forEach(entry -> config.put(entry.getKey(), entry.getValue().textValue()));
        return config;
    }

    /** Tells whether it went well; if not, the answer says why. */
    static boolean configure(ObjectNode answer, Runnable configure) {
        try {
            configure.run();
            return true;
        } catch (RuntimeException error) {
            answer.set("config-error", failure(error));
            return false;
        }
    }

    static <T> void each(List<T> items, ObjectNode answer, Function<T, Attempt> attempt) {
        ArrayNode results = answer.putArray("results");
        for (T item : items) {
            results.add(result(attempt.apply(item)).get());
        }
    }

    private static Supplier<ObjectNode> result(Attempt attempt) {
        try {
            return attempt.run();
        } catch (RuntimeException | StackOverflowError error) {
            return () -> JsonNodeFactory.instance.objectNode().set("error", failure(error));
        }
    }

    private static ObjectNode failure(Throwable error) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("class", error.getClass().getName()).put("message", Text.safe(error.getMessage()));
        return node.put("cause", error.getCause() == null ? null : error.getCause().getClass().getName());
    }
}
