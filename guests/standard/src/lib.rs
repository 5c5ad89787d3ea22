//! Kafka's own transforms and predicates, under Kafka's class names, in one component. A file per plugin; what
//! several need is in the files at the end.

mod filter;
mod insert_field;
mod mask_field;
mod regex_router;
mod replace_field;

mod has_header_key;
mod record_is_tombstone;
mod topic_name_matches;

#[cfg(test)]
mod cases;
#[allow(dead_code, reason = "transforms that write numbers as text use it")]
mod java_number;
mod java_regex;
mod number;
mod part;
mod schema;

airlock_sdk::export!(
    transforms: [
        filter::Filter,
        insert_field::InsertField,
        mask_field::MaskField,
        regex_router::RegexRouter,
        replace_field::ReplaceField,
    ],
    predicates: [
        has_header_key::HasHeaderKey,
        record_is_tombstone::RecordIsTombstone,
        topic_name_matches::TopicNameMatches,
    ],
);
