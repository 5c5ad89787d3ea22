//! Deletes single offsets of a group (KIP-496). librdkafka can; the crate around it has no safe call for it yet.

#![allow(
    unsafe_code,
    reason = "the crate wraps every other admin call. To delete the whole group and commit the rest anew would lose \
              offsets in a crash"
)]

use std::ffi::CString;
use std::ptr;

use rdkafka::bindings as native;
use rdkafka::client::Client;
use rdkafka::error::{IsError, KafkaError, KafkaResult};
use rdkafka::{ClientContext, TopicPartitionList};

const TIMEOUT_MS: i32 = 60_000;

/// Deletes what a group has committed for these partitions. Blocks, a minute at most.
pub(super) fn group_offsets<C: ClientContext>(
    client: &Client<C>,
    group: &str,
    partitions: &TopicPartitionList,
) -> KafkaResult<()> {
    let group = CString::new(group)?;
    // SAFETY: the client, the name and the list outlive the calls, which copy what they keep. What is made here is
    // destroyed here, once, by its guard; the result belongs to the event, and is read before that is destroyed.
    unsafe {
        let queue = Owned(native::rd_kafka_queue_new(client.native_ptr()), native::rd_kafka_queue_destroy);
        let request = native::rd_kafka_DeleteConsumerGroupOffsets_new(group.as_ptr(), partitions.ptr());
        let mut request = Owned(request, native::rd_kafka_DeleteConsumerGroupOffsets_destroy);
        native::rd_kafka_DeleteConsumerGroupOffsets(client.native_ptr(), &raw mut request.0, 1, ptr::null(), queue.0);
        let event = Owned(native::rd_kafka_queue_poll(queue.0, TIMEOUT_MS), native::rd_kafka_event_destroy);
        answer(event.0)
    }
}

/// Reads the answer out of an event.
///
/// # Safety
/// The event is null or one of librdkafka's that is alive.
unsafe fn answer(event: *mut native::rd_kafka_event_t) -> KafkaResult<()> {
    use native::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__TIMED_OUT as TIMED_OUT;
    // SAFETY: as the caller says; librdkafka answers null where something is of another kind.
    unsafe {
        if event.is_null() {
            return Err(KafkaError::AdminOp(TIMED_OUT.into()));
        }
        fail(native::rd_kafka_event_error(event))?;
        let result = native::rd_kafka_event_DeleteConsumerGroupOffsets_result(event);
        if result.is_null() {
            return Err(KafkaError::AdminOp(TIMED_OUT.into()));
        }
        let mut count = 0;
        let groups = native::rd_kafka_DeleteConsumerGroupOffsets_result_groups(result, &raw mut count);
        for index in 0..count {
            let group = *groups.add(index);
            let error = native::rd_kafka_group_result_error(group);
            if !error.is_null() {
                fail(native::rd_kafka_error_code(error))?;
            }
            let list = native::rd_kafka_group_result_partitions(group);
            if !list.is_null() {
                let elements = usize::try_from((*list).cnt).unwrap_or_default();
                for element in 0..elements {
                    fail((*(*list).elems.add(element)).err)?;
                }
            }
        }
        Ok(())
    }
}

fn fail(code: native::rd_kafka_resp_err_t) -> KafkaResult<()> {
    if code.is_error() { Err(KafkaError::AdminOp(code.into())) } else { Ok(()) }
}

/// What is destroyed when it goes out of scope.
struct Owned<T>(*mut T, unsafe extern "C" fn(*mut T));

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: it was made by librdkafka for us, and nobody else destroys it.
            unsafe { (self.1)(self.0) }
        }
    }
}
