//! Kafka's own transforms and predicates, under Kafka's class names, in one component. A file per plugin.

mod filter;

airlock_sdk::export!(
    transforms: [filter::Filter],
);
