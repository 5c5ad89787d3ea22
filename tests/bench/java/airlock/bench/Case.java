package airlock.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.converters.ByteArrayConverter;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.HeaderConverter;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Transforms with their converters, and the records that they work on; the other side wrote them to a file. */
final class Case {
    private static final ObjectMapper JSON = new ObjectMapper();

    final List<Input> inputs = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final Converter keys;
    private final Converter values = new JsonConverter();
    private final HeaderConverter headers = new SimpleHeaderConverter();

    /** A record as Kafka's consumer gives it. */
    record Input(String topic, long offset, long timestamp, byte[] key, byte[] value, List<InputHeader> headers) {
    }

    record InputHeader(String key, byte[] value) {
    }

    /** A record as Kafka's producer takes it. */
    record Output(String topic, byte[] key, byte[] value, List<InputHeader> headers) {
    }

    private record Step(Transformation<SinkRecord> transform, Predicate<SinkRecord> predicate) {
        SinkRecord apply(SinkRecord record) {
            return predicate == null || predicate.test(record) ? transform.apply(record) : record;
        }
    }

    Case(File file) throws IOException {
        JsonNode read = JSON.readTree(file);
        Map<String, Object> converter = Map.of("schemas.enable", read.path("schemas").asText());
        keys = read.path("json-keys").asBoolean() ? new JsonConverter() : new ByteArrayConverter();
        keys.configure(converter, true);
        values.configure(converter, false);
        headers.configure(Map.of("converter.type", "header"));
        for (JsonNode step : read.path("steps")) {
            Transformation<SinkRecord> transform = instance(step.path("class"));
            transform.configure(config(step));
            JsonNode condition = step.path("predicate");
            Predicate<SinkRecord> predicate = condition.has("class") ? instance(condition.path("class")) : null;
            if (predicate != null) {
                predicate.configure(config(condition));
            }
            steps.add(new Step(transform, predicate));
        }
        read.path("records").forEach(record -> inputs.add(input(record)));
    }

    /** From bytes to bytes; null if it is dropped. */
    Output run(Input input) {
        SinkRecord record = transform(toConnect(input));
        return record == null ? null : fromConnect(record);
    }

    SinkRecord transform(SinkRecord record) {
        SinkRecord current = record;
        for (Step step : steps) {
            current = step.apply(current);
            if (current == null) {
                return null;
            }
        }
        return current;
    }

    SinkRecord toConnect(Input input) {
        SchemaAndValue key = keys.toConnectData(input.topic, input.key);
        SchemaAndValue value = values.toConnectData(input.topic, input.value);
        ConnectHeaders converted = new ConnectHeaders();
        for (InputHeader header : input.headers) {
            converted.add(header.key, headers.toConnectHeader(input.topic, header.key, header.value));
        }
        return new SinkRecord(input.topic, 0, key.schema(), key.value(), value.schema(), value.value(), input.offset,
                input.timestamp, TimestampType.CREATE_TIME, converted);
    }

    private Output fromConnect(SinkRecord record) {
        byte[] key = keys.fromConnectData(record.topic(), record.keySchema(), record.key());
        byte[] value = values.fromConnectData(record.topic(), record.valueSchema(), record.value());
        List<InputHeader> converted = new ArrayList<>(record.headers().size());
        for (Header header : record.headers()) {
            byte[] bytes = headers.fromConnectHeader(record.topic(), header.key(), header.schema(), header.value());
            converted.add(new InputHeader(header.key(), bytes));
        }
        return new Output(record.topic(), key, value, converted);
    }

    /** An output as a line of JSON, for the other side to compare; all bytes are text. */
    static String line(Output output) throws IOException {
        if (output == null) {
            return "null";
        }
        ObjectNode line = JSON.createObjectNode();
        line.put("topic", output.topic);
        line.put("key", text(output.key));
        line.put("value", text(output.value));
        ArrayNode headers = line.putArray("headers");
        output.headers.forEach(header -> headers.addArray().add(header.key).add(text(header.value)));
        return JSON.writeValueAsString(line);
    }

    private static Input input(JsonNode record) {
        List<InputHeader> headers = new ArrayList<>();
        record.path("headers").forEach(pair -> headers.add(new InputHeader(pair.get(0).asText(), bytes(pair.get(1)))));
        return new Input(record.path("topic").asText(), record.path("offset").asLong(),
                record.path("timestamp").asLong(), bytes(record.path("key")), bytes(record.path("value")), headers);
    }

    private static byte[] bytes(JsonNode text) {
        return text.isNull() ? null : text.asText().getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    private static Map<String, String> config(JsonNode node) {
        Map<String, String> config = new HashMap<>();
        node.path("config").properties().forEach(entry -> config.put(entry.getKey(), entry.getValue().textValue()));
        return config;
    }

    @SuppressWarnings("unchecked")
    private static <T> T instance(JsonNode name) {
        try {
            return (T) Class.forName(name.asText()).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException error) {
            throw new IllegalArgumentException(error);
        }
    }
}
