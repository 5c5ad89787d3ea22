//! `JsonSchemaValidate`: rejects keys or values that don't fit a JSON Schema.

use airlock_sdk::{Batch, Cell, Config, ConfigKey, Description, Error, Form, Importance, Part, Transform};
use connect_lib::part;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::reason;

const SCHEMA: &str = "schema";
const DRAFT: &str = "draft";
const FORMATS: &str = "validate.formats";
const NULLS: &str = "validate.null";
const MOST: &str = "max.errors";
/// How long a schema may be, in bytes.
const LONGEST: usize = 1 << 20;
const DRAFTS: [(&str, Option<Draft>); 6] = [
    ("auto", None),
    ("4", Some(Draft::Draft4)),
    ("6", Some(Draft::Draft6)),
    ("7", Some(Draft::Draft7)),
    ("2019-09", Some(Draft::Draft201909)),
    ("2020-12", Some(Draft::Draft202012)),
];

/// Rejects keys or values that don't fit a JSON Schema.
pub(crate) struct JsonSchemaValidate {
    part: Part,
    validator: Validator,
    nulls: bool,
    most: usize,
}

impl Transform for JsonSchemaValidate {
    fn describe() -> Description {
        let low = |key: ConfigKey| key.importance(Importance::Low);
        Description::new(["airlock.transforms.JsonSchemaValidate$Value", "airlock.transforms.JsonSchemaValidate$Key"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Rejects records whose key or value doesn't fit a JSON Schema. The others stay as they are.")
            .config([
                ConfigKey::text(SCHEMA)
                    .required()
                    .importance(Importance::High)
                    .documentation("The JSON Schema itself, as JSON. What it refers to by $ref must be in it."),
                ConfigKey::text(DRAFT)
                    .default("auto")
                    .one_of(DRAFTS.map(|(name, _)| name))
                    .documentation("The draft of JSON Schema; auto goes by $schema, and is 2020-12 without it."),
                low(ConfigKey::boolean(FORMATS).default("false"))
                    .documentation("Whether the keyword format is checked too, such as date-time or email."),
                low(ConfigKey::boolean(NULLS).default("false")).documentation(
                    "Whether tombstones and nulls must fit too, as JSON's null; otherwise they are passed on.",
                ),
                low(ConfigKey::int(MOST).default("3"))
                    .documentation("How many things that are wrong a rejected record's reason tells at most."),
            ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        let most: u16 = config.parse(MOST)?;
        if most == 0 {
            return Err(Error::invalid(MOST, "is 0: write a number from 1 on"));
        }
        Ok(JsonSchemaValidate {
            part: part::of_class(class_name),
            validator: validator(config)?,
            nulls: config.boolean(NULLS)?,
            most: most.into(),
        })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        // Of a value with a schema this is the payload, as Kafka's JsonConverter writes it.
        let texts = batch.part(self.part).read_whole(Form::Json)?;
        for (row, cell) in (0..).zip(texts.iter()) {
            let json = match cell {
                Cell::Value(json) => json,
                Cell::Null | Cell::Absent if self.nulls => b"null",
                Cell::Null | Cell::Absent => continue,
                Cell::Other => {
                    batch.reject(&[row], "it is no JSON that a JSON Schema could be for")?;
                    continue;
                }
            };
            if let Some(reason) = self.reason(json) {
                batch.reject(&[row], &reason)?;
            }
        }
        Ok(())
    }
}

impl JsonSchemaValidate {
    fn reason(&self, json: &[u8]) -> Option<String> {
        match serde_json::from_slice(json) {
            Ok(Value::Null) if !self.nulls => None,
            Ok(value) => reason::of(&self.validator, &value, self.most),
            Err(error) => Some(format!("it can't be validated: {error}")),
        }
    }
}

fn validator(config: &Config) -> Result<Validator, Error> {
    let text = config.text(SCHEMA)?;
    let wrong = |message: String| Error::invalid(SCHEMA, message);
    if text.len() > LONGEST {
        return Err(wrong(format!("has {} bytes, more than {LONGEST}: make it shorter", text.len())));
    }
    let schema: Value = serde_json::from_str(text).map_err(|error| wrong(format!("is no JSON: {error}")))?;
    let name = config.text(DRAFT)?.trim();
    let draft = DRAFTS.iter().find(|(known, _)| *known == name).map(|(_, draft)| *draft);
    let draft = draft.ok_or_else(|| {
        let known = DRAFTS.map(|(name, _)| name).join(", ");
        Error::invalid(DRAFT, format!("is {name:?}: write one of {known}"))
    })?;
    // Patterns are matched in linear time, whatever a record holds.
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    let options = options.should_validate_formats(config.boolean(FORMATS)?);
    let options = match draft {
        Some(draft) => options.with_draft(draft),
        None => options,
    };
    options.build(&schema).map_err(|error| wrong(format!("can't be used as a JSON Schema: {error}")))
}
