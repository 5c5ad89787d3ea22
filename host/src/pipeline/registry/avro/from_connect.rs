//! From Connect's schemas to Avro's, by the rules of Confluent's `AvroData.fromConnectSchema`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::AvroOptions;
use super::default::{from_payload, is_valid};
use super::names;
use super::naming::{check_full_name, check_name, scrub_full_name, scrub_name};
use super::schema::{Field, Kind, Node};
use crate::pipeline::registry::connect::{self, Schema};

/// The precision of a Decimal that says none.
const PRECISION: i64 = 64;

/// Returns the Avro schema of a Connect schema, or of values without one.
///
/// # Errors
/// Says why Avro has no such schema.
pub(crate) fn from_connect(schema: Option<&Schema>, options: &AvroOptions) -> Result<Arc<Node>, String> {
    let Some(schema) = schema else { return Ok(Arc::new(Node::new(Kind::Anything))) };
    let mut conversion = Conversion { options, known: HashMap::new(), seen: HashSet::new(), unnamed: 0 };
    conversion.convert(schema)
}

/// Tells whether a struct stands for a union.
pub(super) fn is_union(schema: &Schema) -> bool {
    schema.is(names::UNION) || schema.parameters.contains_key(names::GENERAL_UNION)
}

/// Tells whether a text is an enum's symbol.
pub(super) fn is_enum(schema: &Schema) -> bool {
    schema.parameters.contains_key(names::GENERAL_ENUM) || schema.parameters.contains_key(names::ENUM)
}

/// Returns the parameter that says which enum a text is of, if any.
fn enum_parameter(schema: &Schema, options: &AvroOptions) -> Option<&'static str> {
    let supported = (options.generalized || options.enhanced) && is_enum(schema);
    supported.then_some(if options.generalized { names::GENERAL_ENUM } else { names::ENUM })
}

/// Returns the size of a fixed.
fn fixed_size(schema: &Schema) -> Result<Option<usize>, String> {
    let size = schema.parameters.get(names::FIXED_SIZE).filter(|_| schema.name.is_some());
    size.map(|size| size.parse().map_err(|_| format!("connect.fixed.size is no size: {size}"))).transpose()
}

/// Tells whether a map becomes Avro's.
pub(super) fn has_text_keys(keys: &Schema, options: &AvroOptions) -> bool {
    keys.kind == connect::Kind::Text && (!keys.optional || options.optional_keys)
}

struct Conversion<'a> {
    options: &'a AvroOptions,
    /// What required schemas have become: a type must not be defined twice.
    known: HashMap<String, Arc<Node>>,
    /// The names of fields' schemas so far.
    seen: HashSet<String>,
    unnamed: usize,
}

impl Conversion<'_> {
    fn convert(&mut self, schema: &Schema) -> Result<Arc<Node>, String> {
        let key = (!schema.optional).then(|| schema.to_json().to_string());
        if let Some(known) = key.as_ref().and_then(|key| self.known.get(key)).filter(|_| !is_union(schema)) {
            return Ok(Arc::clone(known));
        }
        let node = match &schema.kind {
            connect::Kind::Struct(fields) if is_union(schema) => self.union(schema, fields)?,
            connect::Kind::Struct(_) if schema.optional => {
                let required = Schema { optional: false, ..schema.clone() };
                let members = vec![Arc::new(Node::new(Kind::Null)), self.convert(&required)?];
                Arc::new(Node::new(Kind::Union(members)))
            }
            _ => {
                let mut node = self.base(schema)?;
                self.describe(&mut node, schema)?;
                maybe_optional(schema, Arc::new(node))
            }
        };
        if let Some(key) = key {
            self.known.insert(key, Arc::clone(&node));
        }
        Ok(node)
    }

    fn union(&mut self, schema: &Schema, fields: &[(String, Schema)]) -> Result<Arc<Node>, String> {
        let mut members = Vec::new();
        if schema.optional {
            members.push(Arc::new(Node::new(Kind::Null)));
        }
        for (_, field) in fields {
            members.push(self.convert(&Schema { optional: false, ..field.clone() })?);
        }
        Kind::union(members).map(|union| Arc::new(Node::new(union)))
    }

    fn base(&mut self, schema: &Schema) -> Result<Node, String> {
        Ok(match &schema.kind {
            connect::Kind::Int8 | connect::Kind::Int16 | connect::Kind::Int32 => Node::new(Kind::Int),
            connect::Kind::Int64 => Node::new(Kind::Long),
            connect::Kind::Float32 => Node::new(Kind::Float),
            connect::Kind::Float64 => Node::new(Kind::Double),
            connect::Kind::Boolean => Node::new(Kind::Boolean),
            connect::Kind::Text => match enum_parameter(schema, self.options) {
                Some(parameter) => self.enumeration(schema, parameter)?,
                None => Node::new(Kind::Text),
            },
            connect::Kind::Bytes => self.bytes(schema)?,
            connect::Kind::Array(items) => Node::new(Kind::Array(self.convert(items)?)),
            connect::Kind::Map(inside) if has_text_keys(&inside.0, self.options) => {
                Node::new(Kind::Map(self.convert(&inside.1)?))
            }
            connect::Kind::Map(inside) => self.pairs(schema, (&inside.0, &inside.1))?,
            connect::Kind::Struct(fields) => self.record(schema, fields)?,
        })
    }

    fn enumeration(&mut self, schema: &Schema, parameter: &str) -> Result<Node, String> {
        let simple = self.name(schema)?;
        let simple = super::schema::split_name(&simple).1;
        let of = |key: String| schema.parameters.get(&key).cloned();
        let name = schema.parameters.get(parameter).ok_or_else(|| format!("an enum has no parameter {parameter}"))?;
        let prefix = format!("{parameter}.");
        let symbols = schema.parameters.keys().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned);
        let symbols: Vec<String> = symbols.collect();
        check_full_name(name)?;
        symbols.iter().try_for_each(|symbol| check_name(symbol))?;
        let discard = self.options.discard_doc;
        let default = of(format!("{}{simple}", names::ENUM_DEFAULT)).filter(|_| !discard);
        let mut node = Node::new(Kind::Enum { name: name.clone(), symbols, default });
        node.doc = of(if discard { "connect.enum.doc".to_owned() } else { format!("{}{simple}", names::ENUM_DOC) });
        Ok(node)
    }

    fn bytes(&mut self, schema: &Schema) -> Result<Node, String> {
        let mut node = match fixed_size(schema)? {
            Some(size) => Node::new(Kind::Fixed { name: self.name(schema)?, size }),
            None => Node::new(Kind::Bytes),
        };
        if let Some(name) = node.full_name() {
            check_full_name(name)?;
        }
        if is_decimal(schema) {
            let (scale, precision) = decimal(schema)?;
            node.props.insert("scale".to_owned(), scale.into());
            node.props.insert("precision".to_owned(), precision.into());
        }
        Ok(node)
    }

    /// A map whose keys are no text: an array of records.
    fn pairs(&mut self, schema: &Schema, (keys, values): (&Schema, &Schema)) -> Result<Node, String> {
        let name = match schema.name {
            None => format!("{}.{}", names::NAMESPACE, names::MAP_ENTRY),
            Some(_) => self.name(schema)?,
        };
        check_full_name(&name)?;
        let fields = vec![self.field("key", keys, None)?, self.field("value", values, None)?];
        let mut entry = Node::new(Kind::Record { name, fields });
        if schema.name.is_some() {
            entry.props.insert("connect.internal.type".to_owned(), names::MAP_ENTRY.into());
        }
        Ok(Node::new(Kind::Array(Arc::new(entry))))
    }

    fn record(&mut self, schema: &Schema, fields: &[(String, Schema)]) -> Result<Node, String> {
        let name = self.name(schema)?;
        check_full_name(&name)?;
        let discard = self.options.discard_doc;
        let of = |key: &str| schema.parameters.get(key).cloned();
        let mut list = Vec::with_capacity(fields.len());
        for (field, inside) in fields {
            let doc = of(&format!("{}{field}", names::FIELD_DOC)).filter(|_| !discard);
            let field = scrub_name(field, self.options);
            check_name(&field)?;
            list.push(self.field(&field, inside, doc)?);
        }
        let mut node = Node::new(Kind::Record { name, fields: list });
        node.doc = of(if discard { "connect.record.doc" } else { names::RECORD_DOC });
        Ok(node)
    }

    fn field(&mut self, name: &str, schema: &Schema, doc: Option<String>) -> Result<Field, String> {
        let default = match &schema.default {
            Some(default) => from_payload(default, schema, self.options),
            None => schema.optional.then_some(Value::Null),
        };
        let scrubbed = schema.name.as_ref().map(|name| scrub_full_name(name, self.options));
        let again = scrubbed.is_some_and(|name| !self.seen.insert(name));
        let node = self.convert(schema).map_err(|problem| format!("{name}: {problem}"))?;
        let mut props = Map::new();
        if self.options.meta_data && again && is_named(&node) {
            let parameters = self.parameters(schema);
            if !parameters.is_empty() {
                props.insert("connect.parameters".to_owned(), parameters.into());
            }
        }
        // An invalid default is left out, as Confluent does.
        let default = default.filter(|default| is_valid(default, &node));
        let doc = if self.options.discard_doc { schema.doc.clone() } else { doc };
        Ok(Field { name: name.to_owned(), doc, default, node, props })
    }

    /// Adds what only Connect knows, and logical types.
    fn describe(&self, node: &mut Node, schema: &Schema) -> Result<(), String> {
        if self.options.meta_data {
            self.meta_data(node, schema);
        }
        let Node { kind, props, .. } = node;
        let mut set = |key: &str, value: Value| drop(props.insert(key.to_owned(), value));
        match schema.name.as_deref() {
            Some(_) if is_decimal(schema) => {
                let (scale, precision) = decimal(schema)?;
                if (0..=precision).contains(&scale) {
                    check_precision(kind, precision)?;
                    set("precision", precision.into());
                    set("scale", scale.into());
                }
                set("logicalType", "decimal".into());
            }
            Some(name) if name.eq_ignore_ascii_case(connect::TIME) => set("logicalType", "time-millis".into()),
            Some(name) if name.eq_ignore_ascii_case(connect::TIMESTAMP) => {
                set("logicalType", "timestamp-millis".into());
            }
            Some(name) if name.eq_ignore_ascii_case(connect::DATE) => set("logicalType", "date".into()),
            _ => {}
        }
        for (key, value) in schema.parameters.iter().filter(|(key, _)| key.starts_with("avro")) {
            set(key, value.as_str().into());
        }
        Ok(())
    }

    fn meta_data(&self, node: &mut Node, schema: &Schema) {
        let mut set = |key: &str, value: Option<Value>| value.map(|value| node.props.insert(key.to_owned(), value));
        set("connect.doc", schema.doc.clone().map(Value::from));
        set("connect.version", schema.version.map(Value::from));
        let parameters = self.parameters(schema);
        set("connect.parameters", (!parameters.is_empty()).then(|| parameters.into()));
        let of_avro = !self.options.discard_doc && schema.parameters.contains_key(names::FIELD_DEFAULT);
        let default = schema.default.as_ref().filter(|_| !of_avro);
        set("connect.default", default.and_then(|default| from_payload(default, schema, self.options)));
        set("connect.name", schema.name.clone().map(Value::from));
        set(
            "connect.type",
            match schema.kind {
                connect::Kind::Int8 => Some("int8".into()),
                connect::Kind::Int16 => Some("int16".into()),
                _ => None,
            },
        );
    }

    fn parameters(&self, schema: &Schema) -> Map<String, Value> {
        let kept = schema.parameters.iter().filter(|(key, _)| self.options.discard_doc || *key != names::FIELD_DEFAULT);
        kept.map(|(key, value)| (key.clone(), json!(value))).collect()
    }

    /// Returns the full name of a type that must have one.
    fn name(&mut self, schema: &Schema) -> Result<String, String> {
        match &schema.name {
            Some(name) => Ok(scrub_full_name(name, self.options)),
            None => {
                self.unnamed += 1;
                let number = if self.unnamed > 1 { self.unnamed.to_string() } else { String::new() };
                Ok(format!("{}{number}", names::DEFAULT))
            }
        }
    }
}

fn maybe_optional(schema: &Schema, node: Arc<Node>) -> Arc<Node> {
    if !schema.optional {
        return node;
    }
    let null = Arc::new(Node::new(Kind::Null));
    // A default must be of the first member.
    let members = if schema.default.is_some() { vec![node, null] } else { vec![null, node] };
    Arc::new(Node::new(Kind::Union(members)))
}

fn is_decimal(schema: &Schema) -> bool {
    schema.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(connect::DECIMAL))
}

/// Returns a Decimal's scale and precision.
fn decimal(schema: &Schema) -> Result<(i64, i64), String> {
    let number =
        |key: &str, text: &String| text.parse().map_err(|_| format!("the parameter {key} is no number: {text}"));
    let scale = schema.parameters.get(connect::SCALE).ok_or("a Decimal has no parameter scale")?;
    let precision = schema.parameters.get(names::PRECISION);
    let precision = precision.map_or(Ok(PRECISION), |text| number(names::PRECISION, text))?;
    Ok((number(connect::SCALE, scale)?, precision))
}

/// Checks that a decimal has room, as Avro does.
fn check_precision(kind: &Kind, precision: i64) -> Result<(), String> {
    let most = match kind {
        Kind::Fixed { size, .. } => (2_f64.log10() * (8.0 * *size as f64 - 1.0)).floor(),
        _ => f64::INFINITY,
    };
    match precision {
        ..=0 => Err(format!("Invalid decimal precision: {precision} (must be positive)")),
        digits if digits as f64 > most => Err(format!(
            "a fixed of connect.fixed.size can't store {digits} digits, at most {most}: raise it, or lower connect.decimal.precision"
        )),
        _ => Ok(()),
    }
}

fn is_named(node: &Node) -> bool {
    match &node.kind {
        Kind::Union(members) => members.iter().any(|member| member.full_name().is_some()),
        _ => node.full_name().is_some(),
    }
}
