//! Runs the cases of `cases/` in memory.

use airlock_sdk::serde_json::Value;
use airlock_sdk::testing::Rows;
use airlock_sdk::{Error, Transform};
use connect_lib::cases;

use crate::explode::Explode;

#[test]
fn all_cases_hold() {
    cases::check_all(env!("CARGO_MANIFEST_DIR"), |class_name, config, case, rows| {
        step::<Explode>(class_name, config, case, rows)
    });
}

fn step<T: Transform>(class_name: &str, config: &[(&str, &str)], case: &Value, rows: &Rows) -> Result<(), Error> {
    cases::step::<T>((class_name, config), (case, rows), |class_name, _, _| panic!("no predicate {class_name}"))
}
