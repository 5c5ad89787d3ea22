//! A few faults of each kind under load; `just torture` tries many more.

use airlock_tests::torture::{Fault, Plan, run};
use anyhow::{Result, ensure};

#[test]
fn nothing_is_lost_and_order_is_kept_whatever_happens() -> Result<()> {
    let report = run(&Plan { seed: 5, rounds: 8, faults: Fault::ALL.to_vec() })?;
    ensure!(report.is_right(), "{report}");
    Ok(())
}
