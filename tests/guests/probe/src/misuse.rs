//! Calls of the host that make no sense, and far too much of everything. Each step ends with what the host
//! said to it, as its own error.

use airlock_sdk::{Batch, BatchError, BytesColumn, Cell, Config, Description, Error, FieldColumn, Transform};

type Try = fn(&Batch<'_>) -> Result<(), BatchError>;

macro_rules! misuse {
    ($name:ident, $words:literal, $attempt:expr) => {
        #[doc = $words]
        pub(crate) struct $name;

        impl Transform for $name {
            fn describe() -> Description {
                Description::new([concat!("probe.", stringify!($name))]).documentation($words)
            }

            fn configure(_: &Config, _: &str) -> Result<Self, Error> {
                Ok(Self)
            }

            fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
                let attempt: Try = $attempt;
                Ok(attempt(batch)?)
            }
        }
    };
}

misuse!(OutOfRange, "Discards a row that isn't there.", |batch| batch.discard(&[batch.rows() as u32]));

misuse!(Descending, "Rejects rows in disorder.", |batch| batch.reject(&[1, 0], "disorder"));

misuse!(ExpandDescending, "Expands rows in disorder.", |batch| batch.expand(&[1, 0]));

misuse!(ExpandTwice, "Expands a second time.", |batch| {
    batch.expand(&[0, 0, 1])?;
    batch.expand(&[0, 0, 1])
});

misuse!(ExpandHugely, "Makes millions of copies of a row.", |batch| batch.expand(&vec![0; 4 << 20]));

misuse!(ShortColumn, "Writes a column with a row too few.", |batch| {
    batch.value().write("a", column(batch.rows() - 1, "1"))
});

misuse!(BrokenText, "Writes what is no JSON.", |batch| {
    batch.value().write("a", column(batch.rows(), "1,\"admin\":true"))
});

misuse!(HugeColumns, "Writes large columns without end.", |batch| {
    let text = format!("\"{}\"", "x".repeat(4 << 20));
    (0..).try_for_each(|_| batch.value().write("a", column(batch.rows(), &text)))
});

misuse!(HugeReason, "Rejects a row with a very long reason.", |batch| batch.reject(&[0], &"why ".repeat(1 << 20)));

/// Fails with very long words.
pub(crate) struct HugeWords;

impl Transform for HugeWords {
    fn describe() -> Description {
        Description::new(["probe.HugeWords"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self)
    }

    fn apply(&mut self, _: &Batch<'_>) -> Result<(), Error> {
        Err(Error::fatal("woe ".repeat(2 << 20)))
    }
}

fn column(rows: usize, text: &str) -> FieldColumn {
    let mut column = BytesColumn::default();
    (0..rows).for_each(|_| column.push(Cell::Value(text.as_bytes())));
    FieldColumn::Json(column)
}
