package airlock.oracle;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Java's strings in JSON. A surrogate without its other half has no UTF-8 form. */
final class Text {
    private Text() {
    }

    /** Returns the text, with U+FFFD for each lone surrogate: good for names and messages. */
    static String safe(String text) {
        if (text == null || isWellFormed(text)) {
            return text;
        }
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(point -> safe.appendCodePoint(isSurrogate(point) ? 0xfffd : point));
        return safe.toString();
    }

    /** Returns {@code {"string":…}}, or {@code {"utf16":"hex"}} for a text with a lone surrogate. */
    static ObjectNode value(String text) {
        ObjectNode value = JsonNodeFactory.instance.objectNode();
        if (isWellFormed(text)) {
            return value.put("string", text);
        }
        StringBuilder hex = new StringBuilder(4 * text.length());
        text.chars().forEach(unit -> hex.append(String.format("%04x", unit)));
        return value.put("utf16", hex.toString());
    }

    static String fromUtf16(String hex) {
        StringBuilder text = new StringBuilder(hex.length() / 4);
        for (int at = 0; at < hex.length(); at += 4) {
            text.append((char) Integer.parseInt(hex, at, at + 4, 16));
        }
        return text.toString();
    }

    private static boolean isWellFormed(String text) {
        return text.codePoints().noneMatch(Text::isSurrogate);
    }

    /** Of a pair of surrogates, {@code codePoints()} makes one point beyond them. */
    private static boolean isSurrogate(int point) {
        return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    }
}
