//! Answers are sorted by reaction.

use super::*;

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
fn an_answer_without_a_schema_is_none() {
    let full = br#"{"schema":"\"int\"","references":[{"name":"x","subject":"s","version":2}]}"#;
    let schema = schema_of(full, Some(5)).unwrap();
    assert_eq!((schema.id, &*schema.language, &schema.references[..]), (5, "AVRO", &[("s".to_owned(), 2)][..]));
    for body in [&b"{}"[..], b"[]", b"", br#"{"schema":1}"#, br#"{"schema":"","references":[1]}"#] {
        assert!(schema_of(body, Some(5)).is_err());
    }
}
