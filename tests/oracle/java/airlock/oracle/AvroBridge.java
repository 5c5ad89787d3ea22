package airlock.oracle;

import io.apicurio.registry.utils.converter.avro.AvroData;
import io.apicurio.registry.utils.converter.avro.AvroDataConfig;

import org.apache.avro.Schema;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Apicurio's fork of Confluent's AvroData as a converter without a registry: its bytes are the length of the Avro
 * schema's JSON in four bytes, that JSON, and the value in Avro's binary form.
 */
public final class AvroBridge implements Converter {
    private AvroData data;

    @Override
    public void configure(Map<String, ?> config, boolean isKey) {
        data = new AvroData(new AvroDataConfig(config));
    }

    @Override
    public byte[] fromConnectData(String topic, org.apache.kafka.connect.data.Schema schema, Object value) {
        Schema avro = data.fromConnectSchema(schema);
        Object found = plain(data.fromConnectData(schema, value));
        if (found == null) {
            return null;
        }
        byte[] text = avro.toString().getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            out.write(ByteBuffer.allocate(4).putInt(text.length).array());
            out.write(text);
            BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
            new GenericDatumWriter<>(avro).write(found, encoder);
            encoder.flush();
        } catch (IOException error) {
            throw new DataException(error);
        }
        return out.toByteArray();
    }

    @Override
    public SchemaAndValue toConnectData(String topic, byte[] bytes) {
        if (bytes == null) {
            return SchemaAndValue.NULL;
        }
        int length = ByteBuffer.wrap(bytes).getInt();
        Schema avro = new Schema.Parser().parse(new String(bytes, 4, length, StandardCharsets.UTF_8));
        try {
            Object value = new GenericDatumReader<>(avro)
                    .read(null, DecoderFactory.get().binaryDecoder(bytes, 4 + length, bytes.length - 4 - length, null));
            return data.toConnectData(avro, value);
        } catch (IOException error) {
            throw new DataException(error);
        }
    }

    /** What is no record is in a container of the fork's own, which nothing else has a use for. */
    private static Object plain(Object found) {
        if (found instanceof GenericContainer && found.getClass().getSimpleName().equals("NonRecordContainer")) {
            try {
                return found.getClass().getMethod("getValue").invoke(found);
            } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException error) {
                throw new IllegalStateException(error);
            }
        }
        return found;
    }
}
