package airlock.oracle;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.common.config.ConfigDef;

/** Prints the keys of the classes that its arguments name, as a JSON object with an array for each class. */
final class Definitions {
    private Definitions() {
    }

    public static void main(String[] classes) throws ReflectiveOperationException {
        ObjectNode all = new ObjectMapper().createObjectNode();
        for (String name : classes) {
            ArrayNode keys = all.putArray(name);
            Class<?> plugin = Class.forName(name);
            Object instance = plugin.getDeclaredConstructor().newInstance();
            // A public method of a class that isn't public is called by way of the interface that declares it.
            ConfigDef definition = (ConfigDef) plugin.getMethod("config").invoke(instance);
            definition.configKeys().values().forEach(key -> write(key, keys.addObject()));
        }
        System.out.println(all);
    }

    private static void write(ConfigDef.ConfigKey key, ObjectNode node) {
        node.put("name", key.name).put("type", key.type.name()).put("required", !key.hasDefault());
        node.put("default_value", key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : null);
        node.put("importance", key.importance.name()).put("group", key.group).put("width", key.width.name());
        node.put("display_name", key.displayName).put("order_in_group", key.orderInGroup);
    }
}
