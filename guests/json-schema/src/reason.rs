//! Why a value doesn't fit, in words that a dead letter can hold.

use jsonschema::{ValidationError, Validator};
use serde_json::Value;

/// How long a reason may get, in bytes.
const LONGEST: usize = 1_000;

/// Returns why a value doesn't fit, with the first so many things that are wrong; none if it does.
pub(crate) fn of(validator: &Validator, value: &Value, most: usize) -> Option<String> {
    // Telling takes longer than finding out.
    if validator.is_valid(value) {
        return None;
    }
    let mut reason = String::from("it doesn't fit the JSON Schema");
    for (at, error) in validator.iter_errors(value).take(most).enumerate() {
        reason.push_str(if at == 0 { ": " } else { "; " });
        reason.push_str(&words(&error));
        if reason.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|end| reason.is_char_boundary(*end)).unwrap_or_default();
            reason.truncate(end);
            reason.push('…');
            break;
        }
    }
    Some(reason)
}

/// The path, the keyword and what it is about. Values themselves aren't told: they may be secrets.
fn words(error: &ValidationError<'_>) -> String {
    let path = error.instance_path().as_str();
    let path = if path.is_empty() { "(whole)" } else { path };
    format!("at {path}, {}: {}", error.kind().keyword(), error.masked())
}
