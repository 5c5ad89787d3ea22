//! Transactions that a source's task defines itself (Kafka's `TransactionContext`), when the connector's
//! `transaction.boundary` is `connector`.

use crate::host;

/// Commits the open transaction after the batch of this poll.
pub fn commit_transaction() {
    host::commit_transaction();
}

/// Commits the open transaction after this row of the batch of this poll.
pub fn commit_transaction_after(row: u32) {
    host::commit_transaction_after(row);
}

/// Aborts the open transaction after the batch of this poll: its records count as discarded.
pub fn abort_transaction() {
    host::abort_transaction();
}

/// Aborts the open transaction after this row of the batch of this poll.
pub fn abort_transaction_after(row: u32) {
    host::abort_transaction_after(row);
}
