package airlock.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;

import java.util.Locale;
import java.util.Map;

/** Connect's records in the notation. */
final class Records {
    private Records() {
    }

    static ConnectRecord<?> read(JsonNode node, String direction) {
        String topic = node.path("topic").textValue();
        JsonNode partition = node.path("partition");
        Long timestamp = Schemas.isNull(node.path("timestamp")) ? null : Long.valueOf(node.get("timestamp").longValue());
        SchemaAndValue key = Values.readTyped(node.path("key"));
        SchemaAndValue value = Values.readTyped(node.path("value"));
        ConnectHeaders headers = readHeaders(node.path("headers"));
        return switch (direction) {
            case "sink" -> new SinkRecord(topic, partition.intValue(), key.schema(), key.value(), value.schema(),
                    value.value(), node.path("offset").longValue(), timestamp, timestampType(node), headers);
            case "source" -> new SourceRecord(Map.of("p", "1"), Map.of("o", 1L), topic,
                    Schemas.isNull(partition) ? null : Integer.valueOf(partition.intValue()), key.schema(), key.value(),
                    value.schema(), value.value(), timestamp, headers);
            default -> throw new IllegalArgumentException("direction is sink or source, not " + direction);
        };
    }

    private static TimestampType timestampType(JsonNode node) {
        return switch (node.path("timestamp-type").asText()) {
            case "create-time" -> TimestampType.CREATE_TIME;
            case "log-append-time" -> TimestampType.LOG_APPEND_TIME;
            default -> TimestampType.NO_TIMESTAMP_TYPE;
        };
    }

    private static ConnectHeaders readHeaders(JsonNode nodes) {
        ConnectHeaders headers = new ConnectHeaders();
        // Those that SimpleHeaderConverter makes have the order of the text.
        Values.keepOrder(true);
        for (JsonNode node : nodes) {
            headers.add(node.path("key").textValue(), Values.readTyped(node));
        }
        Values.keepOrder(false);
        return headers;
    }

    static ObjectNode write(ConnectRecord<?> record) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("topic", Text.safe(record.topic()));
        node.put("partition", record.kafkaPartition());
        node.put("timestamp", record.timestamp());
        if (record instanceof SinkRecord sink) {
            node.put("offset", sink.kafkaOffset());
            node.put("timestamp-type", switch (sink.timestampType()) {
                case NO_TIMESTAMP_TYPE -> "none";
                default -> sink.timestampType().name().toLowerCase(Locale.ROOT).replace('_', '-');
            });
        }
        node.set("key", Values.writeTyped(record.keySchema(), record.key()));
        node.set("value", Values.writeTyped(record.valueSchema(), record.value()));
        ArrayNode headers = node.putArray("headers");
        for (Header header : record.headers()) {
            ObjectNode written = headers.addObject().put("key", Text.safe(header.key()));
            written.setAll(Values.writeTyped(header.schema(), header.value()));
        }
        return node;
    }
}
