//! What converters of one type, and of text, are told apart by.

/// The type of a converter that has only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Primitive {
    /// `BooleanConverter`: one byte, 0 or 1.
    Boolean,
    /// `ShortConverter`: 16 bits.
    Short,
    /// `IntegerConverter`: 32 bits.
    Integer,
    /// `LongConverter`: 64 bits.
    Long,
    /// `FloatConverter`: single precision.
    Float,
    /// `DoubleConverter`: double precision.
    Double,
}

impl Primitive {
    /// All of them.
    pub const ALL: [Primitive; 6] = [
        Primitive::Boolean,
        Primitive::Short,
        Primitive::Integer,
        Primitive::Long,
        Primitive::Float,
        Primitive::Double,
    ];
}

/// A character set that every Java has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Charset {
    /// `US-ASCII`.
    Ascii,
    /// `ISO-8859-1`.
    Latin1,
    /// `UTF-8`.
    Utf8,
    /// `UTF-16`: written with a mark of its byte order, the highest byte first.
    Utf16,
    /// `UTF-16BE`.
    Utf16Be,
    /// `UTF-16LE`.
    Utf16Le,
}

impl Charset {
    /// All of them.
    pub const ALL: [Charset; 6] =
        [Charset::Ascii, Charset::Latin1, Charset::Utf8, Charset::Utf16, Charset::Utf16Be, Charset::Utf16Le];

    /// Returns the character set of a name, or of a common other one that Java knows it by.
    pub fn named(name: &str) -> Option<Charset> {
        Some(match name.to_ascii_uppercase().as_str() {
            "US-ASCII" | "ASCII" | "ISO646-US" | "ASCII7" => Charset::Ascii,
            "ISO-8859-1" | "ISO8859_1" | "ISO8859-1" | "ISO_8859-1" | "LATIN1" | "L1" => Charset::Latin1,
            "UTF-8" | "UTF8" | "UNICODE-1-1-UTF-8" => Charset::Utf8,
            "UTF-16" | "UTF16" | "UTF_16" | "UNICODE" => Charset::Utf16,
            "UTF-16BE" | "UTF_16BE" | "UNICODEBIGUNMARKED" => Charset::Utf16Be,
            "UTF-16LE" | "UTF_16LE" | "UNICODELITTLEUNMARKED" => Charset::Utf16Le,
            _ => return None,
        })
    }

    /// Returns Java's name.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Ascii => "US-ASCII",
            Charset::Latin1 => "ISO-8859-1",
            Charset::Utf8 => "UTF-8",
            Charset::Utf16 => "UTF-16",
            Charset::Utf16Be => "UTF-16BE",
            Charset::Utf16Le => "UTF-16LE",
        }
    }
}
