//! Runs the cases of `cases/` in memory.

use airlock_sdk::serde_json::Value;
use airlock_sdk::testing::Rows;
use airlock_sdk::{Error, Transform};
use connect_lib::cases;

use crate::by_logical_table_router::ByLogicalTableRouter;
use crate::event_router::EventRouter;
use crate::extract_new_record_state::ExtractNewRecordState;

#[test]
fn all_cases_hold() {
    cases::check_all(env!("CARGO_MANIFEST_DIR"), run);
}

fn run(class_name: &str, config: &[(&str, &str)], case: &Value, rows: &Rows) -> Result<(), Error> {
    match cases::simple_name(class_name) {
        "ByLogicalTableRouter" => step::<ByLogicalTableRouter>(class_name, config, case, rows),
        "EventRouter" => step::<EventRouter>(class_name, config, case, rows),
        "ExtractNewRecordState" => step::<ExtractNewRecordState>(class_name, config, case, rows),
        other => panic!("no transform {other}"),
    }
}

fn step<T: Transform>(class_name: &str, config: &[(&str, &str)], case: &Value, rows: &Rows) -> Result<(), Error> {
    cases::step::<T>((class_name, config), (case, rows), |class_name, _, _| panic!("no predicate {class_name}"))
}
