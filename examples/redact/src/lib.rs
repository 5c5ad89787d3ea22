//! A user's own transform: blacks out text fields, or only the e-mail addresses and phone numbers in them.
//! Start here to write one of your own: everything that a plugin needs is in this file.

mod patterns;

use airlock_sdk::{Batch, Config, ConfigKey, Description, Edit, Error, Importance, TextColumn, Transform, export};

/// One step of a chain, configured: the worker calls `configure` once, and `apply` for each batch.
struct Redact {
    fields: Vec<String>,
    replacement: String,
    mode: Mode,
}

#[derive(Clone, Copy)]
enum Mode {
    Whole,
    Patterns,
}

impl Transform for Redact {
    /// What users can write in a connector's configuration. The worker answers `PUT …/config/validate` from
    /// this, and refuses what doesn't fit before `configure` ever sees it.
    fn describe() -> Description {
        Description::new(["com.example.Redact"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Blacks out text fields of the value, or the e-mail addresses and phone numbers in them.")
            .config([
                ConfigKey::list("fields")
                    .required()
                    .non_empty()
                    .importance(Importance::High)
                    .documentation("The fields. A dot leads into an object, as in contact.email."),
                ConfigKey::text("replacement")
                    .default("[redacted]")
                    .documentation("What stands in place of what was blacked out."),
                ConfigKey::text("mode")
                    .default("whole")
                    .one_of(["whole", "patterns"])
                    .documentation("Whether the whole text goes, or only the addresses and numbers in it."),
            ])
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        let mode = match config.text("mode")? {
            "whole" => Mode::Whole,
            "patterns" => Mode::Patterns,
            other => return Err(Error::invalid("mode", format!("is {other:?}: write whole or patterns"))),
        };
        Ok(Redact { fields: config.list("fields"), replacement: config.text("replacement")?.to_owned(), mode })
    }

    /// Pulls one column per field, and pushes all changes in one edit. Rows without the field, or with
    /// something else than text in it, read as `Absent`, `Null` or `Other`, and `map` leaves those alone.
    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let mut edit = Edit::new();
        for field in &self.fields {
            let path: Vec<String> = field.split('.').map(str::to_owned).collect();
            let texts = batch.value().read_text(path.as_slice())?;
            let redacted = texts.iter().map(|cell| cell.map(|text| self.redact(text)));
            edit = edit.replace(path.as_slice(), redacted.collect::<TextColumn>());
        }
        Ok(batch.value().edit(edit)?)
    }
}

impl Redact {
    fn redact(&self, text: &str) -> String {
        match self.mode {
            Mode::Whole => self.replacement.clone(),
            Mode::Patterns => patterns::redact(text, &self.replacement),
        }
    }
}

export!(transforms: [Redact]);

/// `cargo test` runs these natively: no wasm, no worker, no Kafka.
#[cfg(test)]
mod tests {
    use super::*;
    use airlock_sdk::testing::{self, Fate, Row, Rows};

    fn redact(config: &[(&str, &str)], rows: &Rows) {
        testing::configure::<Redact>(config).unwrap().apply(&rows.batch()).unwrap();
    }

    #[test]
    fn whole_fields_are_blacked_out() {
        let rows = Rows::of_values([r#"{"name":"Ada","born":1815,"contact":{"email":"ada@example.com"}}"#]);
        redact(&[("fields", "name, contact.email")], &rows);
        assert_eq!(rows.value(0), r#"{"name":"[redacted]","born":1815,"contact":{"email":"[redacted]"}}"#);
    }

    #[test]
    fn only_addresses_and_numbers_go_in_patterns_mode() {
        let rows = Rows::of_values([r#"{"note":"Call +44 20 7946 0958, or write to ada@example.com."}"#]);
        redact(&[("fields", "note"), ("mode", "patterns"), ("replacement", "***")], &rows);
        assert_eq!(rows.value(0), r#"{"note":"Call ***, or write to ***."}"#);
    }

    #[test]
    fn what_is_not_text_stays() {
        let values = [r#"{"name":17}"#, r#"{"name":null}"#, "{}"];
        let rows = Rows::of_values(values);
        redact(&[("fields", "name")], &rows);
        values.iter().enumerate().for_each(|(row, value)| assert_eq!(rows.value(row), *value));
    }

    #[test]
    fn a_tombstone_passes() {
        let rows = Rows::new([Row::tombstone()]);
        redact(&[("fields", "name")], &rows);
        assert_eq!((rows.value(0), rows.fate(0)), ("null".into(), Fate::Kept));
    }

    #[test]
    fn an_unknown_mode_is_refused() {
        let error = testing::configure::<Redact>(&[("fields", "name"), ("mode", "half")]).map(|_| ()).unwrap_err();
        assert_eq!(error, Error::invalid("mode", "is \"half\": write whole or patterns"));
    }
}
