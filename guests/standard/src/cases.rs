//! Runs the cases of `cases/` in memory.

use airlock_sdk::serde_json::Value;
use airlock_sdk::testing::{self, Rows};
use airlock_sdk::{Error, Predicate, Transform};
use connect_lib::cases;

use crate::cast::Cast;
use crate::drop_headers::DropHeaders;
use crate::extract_field::ExtractField;
use crate::filter::Filter;
use crate::flatten::Flatten;
use crate::has_header_key::HasHeaderKey;
use crate::header_from::HeaderFrom;
use crate::hoist_field::HoistField;
use crate::insert_field::InsertField;
use crate::insert_header::InsertHeader;
use crate::mask_field::MaskField;
use crate::record_is_tombstone::RecordIsTombstone;
use crate::regex_router::RegexRouter;
use crate::replace_field::ReplaceField;
use crate::set_schema_metadata::SetSchemaMetadata;
use crate::timestamp_converter::TimestampConverter;
use crate::timestamp_router::TimestampRouter;
use crate::topic_name_matches::TopicNameMatches;
use crate::value_to_key::ValueToKey;

#[test]
fn all_cases_hold() {
    cases::check_all(env!("CARGO_MANIFEST_DIR"), run);
}

fn run(class_name: &str, config: &[(&str, &str)], case: &Value, rows: &Rows) -> Result<(), Error> {
    match cases::simple_name(class_name) {
        "DropHeaders" => step::<DropHeaders>(class_name, config, case, rows),
        "ExtractField" => step::<ExtractField>(class_name, config, case, rows),
        "Flatten" => step::<Flatten>(class_name, config, case, rows),
        "HoistField" => step::<HoistField>(class_name, config, case, rows),
        "SetSchemaMetadata" => step::<SetSchemaMetadata>(class_name, config, case, rows),
        "ValueToKey" => step::<ValueToKey>(class_name, config, case, rows),
        "Cast" => step::<Cast>(class_name, config, case, rows),
        "Filter" => step::<Filter>(class_name, config, case, rows),
        "HeaderFrom" => step::<HeaderFrom>(class_name, config, case, rows),
        "InsertField" => step::<InsertField>(class_name, config, case, rows),
        "InsertHeader" => step::<InsertHeader>(class_name, config, case, rows),
        "MaskField" => step::<MaskField>(class_name, config, case, rows),
        "RegexRouter" => step::<RegexRouter>(class_name, config, case, rows),
        "ReplaceField" => step::<ReplaceField>(class_name, config, case, rows),
        "TimestampConverter" => step::<TimestampConverter>(class_name, config, case, rows),
        "TimestampRouter" => step::<TimestampRouter>(class_name, config, case, rows),
        other => panic!("no transform {other}"),
    }
}

fn step<T: Transform>(class_name: &str, config: &[(&str, &str)], case: &Value, rows: &Rows) -> Result<(), Error> {
    cases::step::<T>((class_name, config), (case, rows), |class_name, config, rows| {
        match cases::simple_name(class_name) {
            "HasHeaderKey" => test::<HasHeaderKey>(config, rows),
            "RecordIsTombstone" => test::<RecordIsTombstone>(config, rows),
            "TopicNameMatches" => test::<TopicNameMatches>(config, rows),
            other => panic!("no predicate {other}"),
        }
    })
}

fn test<P: Predicate>(config: &[(&str, &str)], rows: &Rows) -> Result<Vec<u32>, Error> {
    testing::configure_predicate::<P>(config)?.test(&rows.batch())
}
