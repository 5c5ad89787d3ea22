//! Guests that only some records harm.

use std::hint::black_box;
use std::time::Duration;

use airlock_sdk::{Batch, Config, ConfigKey, Description, Edit, Error, Predicate, Transform};

/// Harms itself where a record has the field `poison`: its value says how, `panic`, `loop` or `sleep`.
pub(crate) struct Fragile;

impl Transform for Fragile {
    fn describe() -> Description {
        Description::new(["probe.Fragile"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self)
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        // What was done before the trap must not be seen.
        batch.value().edit(Edit::new().put_constant("seen", "true"))?;
        for poison in batch.value().read_text("poison")?.iter().filter_map(|cell| cell.value()) {
            match poison {
                "loop" => loop {
                    black_box(0);
                },
                "sleep" => std::thread::sleep(Duration::from_secs(30)),
                other => panic!("the record is poison: {other}"),
            }
        }
        Ok(())
    }
}

/// Panics once it has run `rows` rows, whatever they are.
pub(crate) struct Leak {
    rows: usize,
    ran: usize,
}

impl Transform for Leak {
    fn describe() -> Description {
        Description::new(["probe.Leak"]).config([ConfigKey::text("rows")])
    }

    fn configure(config: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self { rows: config.parse("rows")?, ran: 0 })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        self.ran += batch.rows();
        assert!(self.ran <= self.rows, "leaked with {} rows", self.ran);
        Ok(())
    }
}

/// Makes two of each row.
pub(crate) struct Twice;

impl Transform for Twice {
    fn describe() -> Description {
        Description::new(["probe.Twice"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self)
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let rows = 0..batch.rows() as u32;
        Ok(batch.expand(&rows.flat_map(|row| [row, row]).collect::<Vec<_>>())?)
    }
}

/// Rejects the rows that have the field `bad`.
pub(crate) struct Strict;

impl Transform for Strict {
    fn describe() -> Description {
        Description::new(["probe.Strict"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self)
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        Ok(batch.reject(&having(batch, "bad")?, "it is bad")?)
    }
}

/// Holds for the rows that have a field; traps where that is poison.
pub(crate) struct Has(String);

impl Predicate for Has {
    fn describe() -> Description {
        Description::new(["probe.Has"]).config([ConfigKey::text("field")])
    }

    fn configure(config: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self(config.text("field")?.to_owned()))
    }

    fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error> {
        let poison = batch.value().read_text(self.0.as_str())?.iter().any(|cell| cell.value() == Some("poison"));
        assert!(!poison, "a predicate found poison");
        having(batch, &self.0)
    }
}

fn having(batch: &Batch<'_>, field: &str) -> Result<Vec<u32>, Error> {
    let column = batch.value().read_json(field)?;
    Ok((0..).zip(column.iter()).filter(|(_, cell)| cell.value().is_some()).map(|(row, _)| row).collect())
}
