//! Kafka's own transforms and predicates, under Kafka's class names, in one component. A file per plugin; what
//! several need is in the files at the end, and what other guests need too in `connect-lib`.

mod cast;
mod drop_headers;
mod extract_field;
mod filter;
mod flatten;
mod header_from;
mod hoist_field;
mod insert_field;
mod insert_header;
mod mask_field;
mod regex_router;
mod replace_field;
mod set_schema_metadata;
mod timestamp_converter;
mod timestamp_router;
mod value_to_key;

mod has_header_key;
mod record_is_tombstone;
mod topic_name_matches;

mod by_field;
#[cfg(test)]
mod cases;
mod flat_json;
mod java_time;
mod json;
mod number;
mod plain;

use connect_lib::{field_path, header_list, header_text, java_number, java_regex, json_members, part, typed};

airlock_sdk::export!(
    transforms: [
        drop_headers::DropHeaders,
        cast::Cast,
        filter::Filter,
        header_from::HeaderFrom,
        extract_field::ExtractField,
        flatten::Flatten,
        hoist_field::HoistField,
        insert_field::InsertField,
        insert_header::InsertHeader,
        mask_field::MaskField,
        regex_router::RegexRouter,
        replace_field::ReplaceField,
        set_schema_metadata::SetSchemaMetadata,
        timestamp_converter::TimestampConverter,
        timestamp_router::TimestampRouter,
        value_to_key::ValueToKey,
    ],
    predicates: [
        has_header_key::HasHeaderKey,
        record_is_tombstone::RecordIsTombstone,
        topic_name_matches::TopicNameMatches,
    ],
);
