package airlock.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Connect's values in the notation: each has one key, which names its class. */
final class Values {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Whether maps keep the order that the case has, for the texts that are made of them. */
    private static boolean ordered;

    private Values() {
    }

    static void keepOrder(boolean keep) {
        ordered = keep;
    }

    /** Reads a value; its schema, null where there is none, is needed for structs only. */
    static Object read(JsonNode node, Schema schema) {
        if (Schemas.isNull(node)) {
            return null;
        }
        Map.Entry<String, JsonNode> only = node.properties().iterator().next();
        JsonNode content = only.getValue();
        return switch (only.getKey()) {
            case "boolean" -> content.booleanValue();
            case "int8" -> (byte) content.intValue();
            case "int16" -> (short) content.intValue();
            case "int32" -> content.intValue();
            case "int64" -> Long.parseLong(content.textValue());
            case "float32" -> Float.intBitsToFloat(Integer.parseUnsignedInt(content.textValue(), 16));
            case "float64" -> Double.longBitsToDouble(Long.parseUnsignedLong(content.textValue(), 16));
            case "string" -> content.textValue();
            case "utf16" -> Text.fromUtf16(content.textValue());
            case "bytes" -> Base64.getDecoder().decode(content.textValue());
            case "decimal" ->
                new BigDecimal(new BigInteger(content.get("unscaled").textValue()), content.get("scale").intValue());
            case "date" -> new Date(content.longValue());
            case "list" -> readList(content, ofType(schema, Schema.Type.ARRAY));
            case "map" -> readMap(content, ofType(schema, Schema.Type.MAP));
            case "struct" -> readStruct(content, schema);
            default -> throw new IllegalArgumentException("there are no values of kind " + only.getKey());
        };
    }

    /** The schema, where it is of that type: values may be what their schema doesn't say. */
    private static Schema ofType(Schema schema, Schema.Type type) {
        return schema != null && schema.type() == type ? schema : null;
    }

    private static List<Object> readList(JsonNode nodes, Schema schema) {
        List<Object> list = new ArrayList<>(nodes.size());
        nodes.forEach(node -> list.add(read(node, schema == null ? null : schema.valueSchema())));
        return list;
    }

    /** A HashMap, as JsonConverter makes, unless the order counts. */
    private static Map<Object, Object> readMap(JsonNode entries, Schema schema) {
        Map<Object, Object> map = ordered ? new LinkedHashMap<>() : new HashMap<>();
        for (JsonNode entry : entries) {
            Object key = read(entry.get(0), schema == null ? null : schema.keySchema());
            map.put(key, read(entry.get(1), schema == null ? null : schema.valueSchema()));
        }
        return map;
    }

    private static Struct readStruct(JsonNode node, Schema outer) {
        Schema schema = node.has("schema") ? Schemas.read(node.get("schema")) : outer;
        Struct struct = new Struct(schema);
        node.get("fields").properties().forEach(entry -> {
            Field field = schema.field(entry.getKey());
            Object value = read(entry.getValue(), field.schema());
            // What was never set is null in an answer; a field with a default that is required can't be set to null.
            boolean isUnset = value == null && !field.schema().isOptional() && field.schema().defaultValue() != null;
            if (!isUnset) {
                struct.put(field, value);
            }
        });
        return struct;
    }

    static SchemaAndValue readTyped(JsonNode node) {
        Schema schema = Schemas.read(node.path("schema"));
        return new SchemaAndValue(schema, read(node.path("value"), schema));
    }

    static ObjectNode writeTyped(Schema schema, Object value) {
        ObjectNode node = NODES.objectNode();
        node.set("schema", Schemas.write(schema));
        node.set("value", write(value, schema));
        return node;
    }

    /** Writes a value; a struct tells its schema where it isn't the one given. */
    static JsonNode write(Object value, Schema schema) {
        if (value == null) {
            return NODES.nullNode();
        }
        if (value instanceof String text) {
            return Text.value(text);
        }
        ObjectNode node = NODES.objectNode();
        if (value instanceof Struct struct) {
            return node.set("struct", writeStruct(struct, schema));
        }
        if (value instanceof Map<?, ?> map) {
            return node.set("map", writeMap(map, schema));
        }
        if (value instanceof Collection<?> list) {
            return node.set("list", writeList(list, schema));
        }
        return writeScalar(value, node);
    }

    private static ObjectNode writeScalar(Object value, ObjectNode node) {
        if (value instanceof Boolean bool) {
            return node.put("boolean", bool);
        } else if (value instanceof Byte number) {
            return node.put("int8", number);
        } else if (value instanceof Short number) {
            return node.put("int16", number);
        } else if (value instanceof Integer number) {
            return node.put("int32", number);
        } else if (value instanceof Long number) {
            return node.put("int64", number.toString());
        } else if (value instanceof Float number) {
            return node.put("float32", String.format("%08x", Float.floatToIntBits(number)));
        } else if (value instanceof Double number) {
            return node.put("float64", String.format("%016x", Double.doubleToLongBits(number)));
        } else if (value instanceof byte[] bytes) {
            return node.put("bytes", Base64.getEncoder().encodeToString(bytes));
        } else if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return node.put("bytes", Base64.getEncoder().encodeToString(bytes));
        } else if (value instanceof BigDecimal decimal) {
            ObjectNode content = node.putObject("decimal");
            content.put("unscaled", decimal.unscaledValue().toString()).put("scale", decimal.scale());
            return node;
        } else if (value.getClass() == Date.class) {
            return node.put("date", ((Date) value).getTime());
        }
        ObjectNode content = node.putObject("other");
        content.put("class", value.getClass().getName()).put("text", Text.safe(value.toString()));
        return node;
    }

    private static ObjectNode writeStruct(Struct struct, Schema outer) {
        ObjectNode node = NODES.objectNode();
        if (!Schemas.same(struct.schema(), outer)) {
            node.set("schema", Schemas.write(struct.schema()));
        }
        ObjectNode fields = node.putObject("fields");
        for (Field field : struct.schema().fields()) {
            fields.set(Text.safe(field.name()), write(struct.getWithoutDefault(field.name()), field.schema()));
        }
        return node;
    }

    private static ArrayNode writeMap(Map<?, ?> map, Schema schema) {
        boolean typed = schema != null && schema.type() == Schema.Type.MAP;
        ArrayNode entries = NODES.arrayNode();
        map.forEach((key, value) -> {
            ArrayNode entry = entries.addArray();
            entry.add(write(key, typed ? schema.keySchema() : null));
            entry.add(write(value, typed ? schema.valueSchema() : null));
        });
        return entries;
    }

    private static ArrayNode writeList(Collection<?> list, Schema schema) {
        boolean typed = schema != null && schema.type() == Schema.Type.ARRAY;
        ArrayNode items = NODES.arrayNode();
        list.forEach(item -> items.add(write(item, typed ? schema.valueSchema() : null)));
        return items;
    }
}
