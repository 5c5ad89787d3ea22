//! The text of a .proto file, as Confluent prints it: a subject that has Java's schema needs no second version.

use std::fmt::Write as _;

/// A file with one message.
#[derive(Debug)]
pub(super) struct ProtoFile {
    pub(super) package: Option<String>,
    pub(super) imports: Vec<&'static str>,
    pub(super) message: Message,
}

/// A message.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
    pub(super) oneofs: Vec<(String, Vec<Field>)>,
    pub(super) messages: Vec<Message>,
    pub(super) enums: Vec<Enumeration>,
}

/// A field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) label: Option<&'static str>,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) tag: i64,
    /// The parameters of the option `confluent.field_meta`.
    pub(super) params: Vec<(&'static str, String)>,
}

/// An enum.
#[derive(Debug)]
pub(super) struct Enumeration {
    pub(super) name: String,
    pub(super) symbols: Vec<(String, i32)>,
}

impl ProtoFile {
    /// Returns the text.
    pub(super) fn text(&self) -> String {
        let mut text = "syntax = \"proto3\";\n".to_owned();
        if let Some(package) = &self.package {
            text += &format!("package {package};\n");
        }
        if !self.imports.is_empty() {
            text.push('\n');
        }
        for import in &self.imports {
            text += &format!("import \"{import}\";\n");
        }
        text.push('\n');
        text + &self.message.text()
    }

    /// Returns the message's full name.
    pub(super) fn message_name(&self) -> String {
        match &self.package {
            Some(package) => format!("{package}.{}", self.message.name),
            None => self.message.name.clone(),
        }
    }
}

impl Message {
    fn text(&self) -> String {
        let mut text = format!("message {} {{", self.name);
        let oneofs: Vec<_> = self.oneofs.iter().filter(|(_, fields)| !fields.is_empty()).collect();
        section(&mut text, self.fields.iter().map(Field::text).collect());
        section(&mut text, oneofs.into_iter().map(oneof).collect());
        let nested = self.messages.iter().map(Message::text).chain(self.enums.iter().map(Enumeration::text));
        section(&mut text, nested.collect());
        text + "}\n"
    }
}

/// Appends a block of indented parts, if there are any.
fn section(text: &mut String, parts: Vec<String>) {
    if !parts.is_empty() {
        text.push('\n');
    }
    parts.iter().for_each(|part| indented(text, part));
}

fn indented(text: &mut String, part: &str) {
    for line in part.lines() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {line}");
    }
}

fn oneof((name, fields): &(String, Vec<Field>)) -> String {
    let mut text = format!("oneof {name} {{");
    section(&mut text, fields.iter().map(Field::text).collect());
    text + "}\n"
}

impl Field {
    fn text(&self) -> String {
        let label = self.label.map(|label| format!("{label} ")).unwrap_or_default();
        let mut text = format!("{label}{} {} = {}", self.kind, self.name, self.tag);
        if !self.params.is_empty() {
            text += " [(confluent.field_meta) = {\n  params: [\n";
            let params: Vec<_> = self.params.iter().map(param).collect();
            for line in params.join(",\n").lines() {
                let _ = writeln!(text, "    {line}");
            }
            text += "  ]\n}]";
        }
        text + ";\n"
    }
}

fn param((key, value): &(&'static str, String)) -> String {
    let value = escaped(value);
    match *key {
        // As Confluent once printed these.
        "precision" | "scale" => format!("{{\n  value: \"{value}\",\n  key: \"{key}\"\n}}"),
        key => format!("{{\n  key: \"{key}\",\n  value: \"{value}\"\n}}"),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '\u{7}' => out += "\\a",
            '\u{8}' => out += "\\b",
            '\u{b}' => out += "\\v",
            '\u{c}' => out += "\\f",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            '\\' | '\'' | '"' => out.extend(['\\', letter]),
            other => out.push(other),
        }
    }
    out
}

impl Enumeration {
    fn text(&self) -> String {
        let mut text = format!("enum {} {{", self.name);
        section(&mut text, self.symbols.iter().map(|(symbol, number)| format!("{symbol} = {number};")).collect());
        text + "}\n"
    }
}

/// The text of `google/protobuf/wrappers.proto`, which is registered for primitives that are no fields.
pub(super) fn wrappers() -> String {
    let options = [
        "java_package = \"com.google.protobuf\"",
        "java_outer_classname = \"WrappersProto\"",
        "java_multiple_files = true",
        "go_package = \"google.golang.org/protobuf/types/known/wrapperspb\"",
        "cc_enable_arenas = true",
        "objc_class_prefix = \"GPB\"",
        "csharp_namespace = \"Google.Protobuf.WellKnownTypes\"",
    ];
    let mut text = "syntax = \"proto3\";\npackage google.protobuf;\n\n".to_owned();
    options.iter().for_each(|option| text += &format!("option {option};\n"));
    text.push('\n');
    for (message, kind) in [
        ("DoubleValue", "double"),
        ("FloatValue", "float"),
        ("Int64Value", "int64"),
        ("UInt64Value", "uint64"),
        ("Int32Value", "int32"),
        ("UInt32Value", "uint32"),
        ("BoolValue", "bool"),
        ("StringValue", "string"),
        ("BytesValue", "bytes"),
    ] {
        text += &format!("message {message} {{\n  {kind} value = 1 [json_name = \"value\"];\n}}\n");
    }
    text
}
