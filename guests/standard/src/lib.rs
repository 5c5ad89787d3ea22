//! Kafka's own transforms and predicates, under Kafka's class names, in one component. A file per plugin; what
//! several need is in the files at the end.

mod drop_headers;
mod filter;
mod header_from;
mod insert_field;
mod insert_header;
mod mask_field;
mod regex_router;
mod replace_field;

mod has_header_key;
mod record_is_tombstone;
mod topic_name_matches;

#[cfg(test)]
mod cases;
mod header_list;
mod header_text;
mod java_number;
mod java_regex;
mod number;
mod part;
mod schema;

airlock_sdk::export!(
    transforms: [
        drop_headers::DropHeaders,
        filter::Filter,
        header_from::HeaderFrom,
        insert_field::InsertField,
        insert_header::InsertHeader,
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
