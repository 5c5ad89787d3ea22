//! Debezium's transforms of change events, under Debezium's class names.

mod by_logical_table_router;
mod event_router;
mod extract_new_record_state;

#[cfg(test)]
mod cases;
mod choice;
mod envelope;
mod memo;
mod names;
mod words;

airlock_sdk::export!(
    transforms: [
        by_logical_table_router::ByLogicalTableRouter,
        event_router::EventRouter,
        extract_new_record_state::ExtractNewRecordState,
    ],
);
