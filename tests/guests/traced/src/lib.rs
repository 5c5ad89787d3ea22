//! Traps a few calls deep.

use airlock_sdk::{Batch, Config, Description, Error, Transform};

struct Traced;

impl Transform for Traced {
    fn describe() -> Description {
        Description::new(["traced.Divide"]).version("1.2.3")
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Traced)
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let share = share_out(batch.rows());
        Err(Error::fatal(format!("each of none gets {share}")))
    }
}

airlock_sdk::export!(transforms: [Traced]);

#[inline(never)]
fn share_out(rows: usize) -> usize {
    let nobody = std::hint::black_box(0);
    rows / nobody
}
