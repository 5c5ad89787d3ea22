//! Rows that a source appends.

use super::*;
use crate::pipeline::edges::SourcePosition;

pub(super) fn rows(form: Form, values: &[Result<&str, i32>]) -> SourceRows {
    let count = values.len();
    SourceRows {
        topics: TopicColumn { names: path(&["lines"]), rows: vec![0; count] },
        partitions: Vec::new(),
        timestamps: Vec::new(),
        form,
        keys: column(&vec![Err(NULL); count]),
        values: column(values),
        key_schemas: Vec::new(),
        value_schemas: Vec::new(),
        headers: None,
        source_partitions: path(&[r#"{"file":"a"}"#]),
        source_partition_rows: vec![0; count],
        source_offsets: column(&vec![Ok(r#" {"line":1} "#); count]),
    }
}

fn appended(value: Content, rows: SourceRows) -> Result<Batch, BatchError> {
    let mut batch = Batch::new(Contents { key: Content::Text, value });
    batch.open_call(Call { access: Access::Poll, ..Call::default() }).unwrap();
    batch.append(rows)?;
    batch.commit_call();
    Ok(batch)
}

#[test]
fn json_goes_out_as_the_converter_writes_it() {
    let values = [Ok(r#""a\nb""#), Ok("{\"a\": 1.10}"), Err(NULL)];
    let out = |value| values_of(&mut appended(value, rows(Form::Json, &values)).unwrap());
    let text = |rows: [Option<&str>; 3]| rows.map(|row| row.map(str::to_owned));
    assert_eq!(out(Content::Text), text([Some("a\nb"), Some("{\"a\": 1.10}"), None]));
    assert_eq!(out(Content::JSON), text([Some(r#""a\nb""#), Some("{\"a\": 1.10}"), None]));
    let envelopes =
        [Some(r#"{"schema":null,"payload":"a\nb"}"#), Some(r#"{"schema":null,"payload":{"a": 1.10}}"#), None];
    assert_eq!(out(Content::JSON_WITH_SCHEMA), text(envelopes));
}

#[test]
fn raw_bytes_go_out_as_they_are() {
    let mut batch = appended(Content::Opaque, rows(Form::Raw, &[Ok("any"), Err(NULL)])).unwrap();
    assert_eq!(values_of(&mut batch), [Some("any".to_owned()), None]);
    let mut refused = appended(Content::Opaque, rows(Form::Json, &[Ok("1")])).unwrap();
    refused.encode();
    let reason = refused.rejected().next().unwrap().rejection.reason.clone();
    assert_eq!(reason, "ByteArrayConverter is not compatible with objects of type java.lang.Long");
    assert!(is_invalid(appended(Content::JSON, rows(Form::Raw, &[Ok("{")]))));
}

#[test]
fn appended_rows_have_positions_and_no_offset() {
    let mut rows = rows(Form::Json, &[Ok("{}"), Ok("{}")]);
    rows.source_partitions.push(r#"{"file":"b"}"#.to_owned());
    rows.source_partition_rows[1] = 1;
    rows.source_offsets = column(&[Ok(r#" {"line":1} "#), Err(NULL)]);
    rows.partitions = vec![-1, 4];
    rows.timestamps = vec![5, -1];
    rows.headers = Some(HeaderColumn { counts: vec![0, 1], keys: path(&["h"]), values: column(&[Ok("v")]) });
    let mut batch = appended(Content::JSON, rows).unwrap();
    assert_eq!((batch.offsets(), batch.partitions(), batch.timestamps()), (vec![-1, -1], vec![-1, 4], vec![5, -1]));
    let position = |partition: &str, offset: Option<&str>| {
        Some(SourcePosition { partition: partition.to_owned(), offset: offset.map(str::to_owned) })
    };
    assert_eq!(batch.source_position(0), position(r#"{"file":"a"}"#, Some(r#"{"line":1}"#)));
    assert_eq!(batch.source_position(1), position(r#"{"file":"b"}"#, None));
    assert_eq!(batch.source_position(2), None);
    batch.encode();
    let headers: Vec<_> = batch.outgoing().map(|(_, row)| row.headers.len()).collect();
    assert_eq!(headers, [0, 1]);
}

#[test]
fn appended_rows_pass_through_a_chain() {
    let mut batch = appended(Content::JSON, rows(Form::Json, &[Ok(r#"{"a":1}"#), Ok("7")])).unwrap();
    edit(&mut batch, vec![put(&["b"], "2")]).unwrap();
    assert_eq!(values_of(&mut batch), [Some(r#"{"a":1,"b":2}"#.to_owned())]);
    let row = batch.rejected().next().unwrap();
    assert_eq!((row.origin, row.record.value, row.record.offset), (1, Some(&b"7"[..]), -1));
}

#[test]
fn an_aborted_poll_appends_nothing() {
    let mut batch = appended(Content::JSON, rows(Form::Json, &[Ok("1")])).unwrap();
    batch.open_call(Call { access: Access::Poll, ..Call::default() }).unwrap();
    batch.append(rows(Form::Json, &[Ok("2"), Ok("3")])).unwrap();
    assert_eq!((batch.total_rows(), batch.live_rows()), (3, 3));
    batch.abort_call();
    assert_eq!((batch.total_rows(), batch.live_rows(), batch.source_position(1)), (1, 1, None));
    assert_eq!(values_of(&mut batch), [Some("1".to_owned())]);
}

#[test]
fn columns_that_do_not_fit_are_refused_whole() {
    let bad: [fn(&mut SourceRows); 16] = [
        |rows| rows.topics.rows[0] = 1,
        |rows| rows.topics.names[0] = "a b".to_owned(),
        |rows| rows.partitions = vec![1],
        |rows| rows.partitions = vec![-2, 0],
        |rows| rows.timestamps = vec![-2, 0],
        |rows| rows.keys = column(&[Ok("k")]),
        |rows| rows.values.lengths[0] = 9,
        |rows| rows.values.lengths[0] = -2,
        |rows| rows.values.lengths[0] = -3,
        |rows| rows.value_schemas = vec![1, 0],
        |rows| rows.key_schemas = vec![0],
        |rows| rows.headers = Some(HeaderColumn { counts: vec![1, 1], ..HeaderColumn::default() }),
        |rows| rows.source_partition_rows[1] = 1,
        |rows| rows.source_partition_rows = vec![0],
        |rows| rows.source_partitions[0] = r#"{"a":{}}"#.to_owned(),
        |rows| rows.source_offsets = column(&[Ok("[]"), Ok("{}")]),
    ];
    for (number, spoil) in bad.into_iter().enumerate() {
        let mut rows = rows(Form::Json, &[Ok("1"), Ok("2")]);
        spoil(&mut rows);
        let mut batch = Batch::new(Contents { key: Content::Text, value: Content::JSON });
        batch.open_call(Call { access: Access::Poll, ..Call::default() }).unwrap();
        assert!(is_invalid(batch.append(rows)), "{number}");
        batch.commit_call();
        assert_eq!(batch.total_rows(), 0);
    }
}

#[test]
fn only_a_poll_appends() {
    let mut batch = batch_of(&["{}"]);
    batch.open_call(Call::default()).unwrap();
    assert!(is_unsupported(batch.append(rows(Form::Json, &[Ok("1")]))));
}
