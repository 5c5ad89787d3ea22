//! Answers are sorted by reaction.

use super::*;
use crate::pipeline::edges::Reference;

fn answered(status: u16) -> Result<Answer, RegistryError> {
    let status = StatusCode::from_u16(status).unwrap();
    let body = br#"{"error_code":1,"message":"why"}"#[..].into();
    sorted(Answer { status, body }, "http://r/subjects")
}

#[test]
fn answers_are_sorted_by_reaction() {
    assert!(answered(200).is_ok());
    for (status, retriable) in [(500, true), (503, true), (429, true), (404, false), (409, false), (422, false)] {
        let error = answered(status).unwrap_err();
        assert_eq!(matches!(error, RegistryError::Retriable(_)), retriable, "{status}");
        assert_eq!(matches!(error, RegistryError::Rejected(_)), !retriable, "{status}");
        assert!(error.to_string().contains("why"), "{error}");
    }
    for status in [401, 403, 302] {
        assert!(matches!(answered(status).unwrap_err(), RegistryError::Refused(_)), "{status}");
    }
}

#[test]
fn a_version_is_that_of_the_subject() {
    let body = br#"[{"subject":"a","version":1},{"subject":"b","version":7},{"subject":"a","version":3}]"#;
    assert_eq!(answers::version_of(body, "a"), Some(3));
    assert_eq!(answers::version_of(body, "c"), None);
    assert_eq!(answers::version_of(b"{", "a"), None);
}

#[test]
fn only_avro_goes_without_its_type() {
    let schema = |schema_type| SchemaText { subject: "s", schema_type, text: "{}" };
    assert_eq!(body_of(schema("AVRO")), json!({"schema": "{}"}));
    assert_eq!(body_of(schema("JSON")), json!({"schema": "{}", "schemaType": "JSON"}));
}

#[test]
fn an_answer_without_a_schema_is_none() {
    let full = br#"{"schema":"\"int\"","references":[{"name":"x","subject":"s","version":2}]}"#;
    let schema = schema_of(full, Some(5)).unwrap();
    assert_eq!((schema.id, &*schema.schema_type), (5, "AVRO"));
    assert_eq!(schema.references, [Reference { name: "x".to_owned(), subject: "s".to_owned(), version: 2 }]);
    let json = schema_of(br#"{"schema":"{}","schemaType":"JSON"}"#, Some(6)).unwrap();
    assert_eq!((&*json.schema_type, json.references), ("JSON", Vec::new()));
    for body in [&b"{}"[..], b"[]", b"", br#"{"schema":1}"#, br#"{"schema":"","references":[1]}"#] {
        assert!(schema_of(body, Some(5)).is_err());
    }
}
