//! What the boundary costs.

use airlock_sdk::{Batch, Config, Description, Edit, Error, Form, KindOutcome, Transform, ValueKind};

/// Pulls nothing.
pub(crate) struct Nothing;

impl Transform for Nothing {
    fn describe() -> Description {
        Description::new(["probe.Nothing"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self)
    }

    fn apply(&mut self, _: &Batch<'_>) -> Result<(), Error> {
        Ok(())
    }
}

/// Pulls whole values and sets them back.
pub(crate) struct ThereAndBack;

impl Transform for ThereAndBack {
    fn describe() -> Description {
        Description::new(["probe.ThereAndBack"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self)
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let values = batch.value().read_whole(Form::Raw)?;
        Ok(batch.value().write_whole(Form::Raw, values)?)
    }
}

/// Drops, masks and inserts a field, by one edit.
pub(crate) struct ThreeEdits(Edit);

impl Transform for ThreeEdits {
    fn describe() -> Description {
        Description::new(["probe.ThreeEdits"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        let mask = [(ValueKind::Absent, KindOutcome::put("null")), (ValueKind::Text, KindOutcome::put("\"****\""))];
        Ok(Self(Edit::new().remove("phone").by_kind("ssn", mask).put_constant("source", "\"web\"")))
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        Ok(batch.value().edit(&self.0)?)
    }
}
