package airlock.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.connect.data.ConnectSchema;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Connect's schemas in the notation. */
final class Schemas {
    /**
     * One schema for records that have the same, as converters' caches give: a default that is an array of bytes has
     * the hash of the object, so caches keyed by schemas tell them apart otherwise.
     */
    private static final Map<JsonNode, Schema> KNOWN = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<JsonNode, Schema> eldest) {
            return size() > 1_000;
        }
    };

    private Schemas() {
    }

    static Schema read(JsonNode node) {
        if (isNull(node)) {
            return null;
        }
        Schema known = KNOWN.get(node);
        if (known == null) {
            known = readAnew(node);
            KNOWN.put(node, known);
        }
        return known;
    }

    private static Schema readAnew(JsonNode node) {
        ConnectSchema bare = read(node, null);
        JsonNode preset = node.path("default");
        return isNull(preset) ? bare : read(node, Values.read(preset, bare));
    }

    /** Not by SchemaBuilder, which would refuse defaults that a converter accepts. */
    private static ConnectSchema read(JsonNode node, Object preset) {
        Schema.Type type = Schema.Type.valueOf(node.path("type").asText().toUpperCase(Locale.ROOT));
        Integer version = isNull(node.path("version")) ? null : Integer.valueOf(node.path("version").intValue());
        return new ConnectSchema(type, node.path("optional").asBoolean(), preset, text(node.path("name")), version,
                text(node.path("doc")), parameters(node.path("parameters")),
                type == Schema.Type.STRUCT ? fields(node.path("fields")) : null,
                read(node.path("keys")), read(node.path("values")));
    }

    private static List<Field> fields(JsonNode nodes) {
        List<Field> fields = new ArrayList<>(nodes.size());
        for (JsonNode node : nodes) {
            fields.add(new Field(node.path("name").textValue(), fields.size(), read(node.path("schema"))));
        }
        return fields;
    }

    private static Map<String, String> parameters(JsonNode node) {
        if (isNull(node)) {
            return null;
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        node.properties().forEach(entry -> parameters.put(entry.getKey(), entry.getValue().textValue()));
        return parameters;
    }

    static JsonNode write(Schema schema) {
        if (schema == null) {
            return JsonNodeFactory.instance.nullNode();
        }
        ObjectNode node = writeWithoutDefault(schema);
        if (schema.defaultValue() != null) {
            node.set("default", writeDefault(schema.defaultValue(), schema));
        }
        return node;
    }

    /** A struct that is the default has the schema itself, mostly while it was still a builder: that isn't told. */
    private static JsonNode writeDefault(Object value, Schema schema) {
        boolean own = value instanceof Struct struct
                && writeWithoutDefault(struct.schema()).equals(writeWithoutDefault(schema));
        return Values.write(value, own ? ((Struct) value).schema() : schema);
    }

    private static ObjectNode writeWithoutDefault(Schema schema) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("type", schema.type().name().toLowerCase(Locale.ROOT));
        writeNames(schema, node);
        if (schema.parameters() != null) {
            ObjectNode parameters = node.putObject("parameters");
            schema.parameters().forEach((key, value) -> parameters.put(Text.safe(key), Text.safe(value)));
        }
        if (schema.type() == Schema.Type.STRUCT) {
            ArrayNode fields = node.putArray("fields");
            for (Field field : schema.fields()) {
                fields.addObject().put("name", Text.safe(field.name())).set("schema", write(field.schema()));
            }
        }
        if (schema.type() == Schema.Type.MAP) {
            node.set("keys", write(schema.keySchema()));
        }
        if (schema.type() == Schema.Type.MAP || schema.type() == Schema.Type.ARRAY) {
            node.set("values", write(schema.valueSchema()));
        }
        return node;
    }

    private static void writeNames(Schema schema, ObjectNode node) {
        if (schema.isOptional()) {
            node.put("optional", true);
        }
        if (schema.name() != null) {
            node.put("name", Text.safe(schema.name()));
        }
        if (schema.version() != null) {
            node.put("version", schema.version());
        }
        if (schema.doc() != null) {
            node.put("doc", Text.safe(schema.doc()));
        }
    }

    /** A schema that is still a builder equals none of Connect's built ones, though it says the same. */
    static boolean same(Schema one, Schema other) {
        return one == other
                || one != null && other != null && (one.equals(other) || write(one).equals(write(other)));
    }

    private static String text(JsonNode node) {
        return isNull(node) ? null : node.textValue();
    }

    static boolean isNull(JsonNode node) {
        return node.isNull() || node.isMissingNode();
    }
}
