package airlock.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.ConverterConfig;
import org.apache.kafka.connect.storage.ConverterType;
import org.apache.kafka.connect.storage.HeaderConverter;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Runs the cases of converters: bytes to values, and values to bytes. */
final class Converters {
    private Converters() {
    }

    static void run(JsonNode read, ObjectNode answer) throws IOException {
        Map<String, String> config = Cases.config(read);
        String operation = read.path("operation").asText();
        boolean configured;
        Function<JsonNode, Cases.Attempt> attempt;
        if (operation.endsWith("-header")) {
            HeaderConverter converter = Cases.instance(read.path("class"));
            config.put(ConverterConfig.TYPE_CONFIG, ConverterType.HEADER.getName());
            configured = Cases.configure(answer, () -> converter.configure(config));
            attempt = header(converter, read);
        } else {
            Converter converter = Cases.instance(read.path("class"));
            boolean isKey = read.path("is-key").asBoolean();
            configured = Cases.configure(answer, () -> converter.configure(config, isKey));
            attempt = content(converter, read);
        }
        if (configured) {
            List<JsonNode> items = new ArrayList<>();
            read.path("items").forEach(items::add);
            Cases.each(items, answer, attempt);
        }
    }

    private static Function<JsonNode, Cases.Attempt> content(Converter converter, JsonNode read) {
        String topic = read.path("topic").textValue();
        return switch (read.path("operation").asText()) {
            case "to-connect" -> item -> {
                byte[] bytes = bytes(item);
                return () -> {
                    SchemaAndValue typed = converter.toConnectData(topic, bytes);
                    return () -> typed(typed);
                };
            };
            case "from-connect" -> item -> {
                SchemaAndValue typed = Values.readTyped(item);
                return () -> {
                    byte[] bytes = converter.fromConnectData(topic, typed.schema(), typed.value());
                    return () -> bytes(bytes);
                };
            };
            default -> throw new IllegalArgumentException("operation is to-connect or from-connect, or ends in -header");
        };
    }

    private static Function<JsonNode, Cases.Attempt> header(HeaderConverter converter, JsonNode read) {
        String topic = read.path("topic").textValue();
        String key = read.path("header").textValue();
        return switch (read.path("operation").asText()) {
            case "to-connect-header" -> item -> {
                byte[] bytes = bytes(item);
                return () -> {
                    SchemaAndValue typed = converter.toConnectHeader(topic, key, bytes);
                    return () -> typed(typed);
                };
            };
            case "from-connect-header" -> item -> {
                SchemaAndValue typed = Values.readTyped(item);
                return () -> {
                    byte[] bytes = converter.fromConnectHeader(topic, key, typed.schema(), typed.value());
                    return () -> bytes(bytes);
                };
            };
            default -> throw new IllegalArgumentException("operation is to-connect-header or from-connect-header");
        };
    }

    private static byte[] bytes(JsonNode item) {
        JsonNode bytes = item.path("bytes");
        return Schemas.isNull(bytes) ? null : Base64.getDecoder().decode(bytes.textValue());
    }

    private static ObjectNode bytes(byte[] bytes) {
        String text = bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
        return JsonNodeFactory.instance.objectNode().put("bytes", text);
    }

    /** A converter of headers may give null altogether, which ConnectHeaders takes for a null without a schema. */
    private static ObjectNode typed(SchemaAndValue given) {
        SchemaAndValue typed = given == null ? SchemaAndValue.NULL : given;
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        return node.set("typed", Values.writeTyped(typed.schema(), typed.value()));
    }
}
