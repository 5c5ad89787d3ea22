//! Facts about definitions.

use super::*;

fn key(name: &str, value_type: ConfigType) -> ConfigKey {
    ConfigKey { name: name.to_owned(), value_type, ..ConfigKey::default() }
}

/// Checks one key, set to `given`, and returns the text shown or the problem.
fn check(key: ConfigKey, given: Option<&str>) -> Result<Option<String>, String> {
    let properties = given.map(|value| (key.name.clone(), value.to_owned())).into_iter().collect();
    let checked = ConfigDefinition::new(vec![key]).check(&properties).remove(0);
    checked.map(|value| value.map(|value| value.shown())).map_err(|problem| problem.message)
}

fn shown(text: &str) -> Result<Option<String>, String> {
    Ok(Some(text.to_owned()))
}

#[test]
fn each_type_reads_what_java_reads() {
    assert_eq!(check(key("k", ConfigType::Boolean), Some(" TRUE ")), shown("true"));
    assert_eq!(check(key("k", ConfigType::Text), Some("  a b ")), shown("a b"));
    assert_eq!(check(key("k", ConfigType::Int), Some("+7")), shown("7"));
    assert_eq!(check(key("k", ConfigType::Double), Some("1")), shown("1.0"));
    assert_eq!(check(key("k", ConfigType::List), Some("a , b,")), shown("a,b,"));
    assert_eq!(check(key("k", ConfigType::List), Some(" ")), shown(""));
}

#[test]
fn a_number_out_of_range_or_not_a_number_is_named() {
    let expected = "Invalid value abc for configuration tasks.max: Not a number of type INT";
    assert_eq!(check(key("tasks.max", ConfigType::Int), Some("abc")), Err(expected.to_owned()));
    for (value_type, value) in
        [(ConfigType::Int, "2147483648"), (ConfigType::Short, "32768"), (ConfigType::Long, "1.0")]
    {
        assert!(check(key("k", value_type), Some(value)).is_err(), "{value}");
    }
}

#[test]
fn a_boolean_is_true_or_false() {
    let expected = "Invalid value yes for configuration k: Expected value to be either true or false";
    assert_eq!(check(key("k", ConfigType::Boolean), Some("yes")), Err(expected.to_owned()));
}

#[test]
fn a_required_key_without_a_value_is_missing() {
    let file = ConfigKey { required: true, ..key("file", ConfigType::Text) };
    let expected = "Missing required configuration \"file\" which has no default value.";

    assert_eq!(check(file, None), Err(expected.to_owned()));
    assert_eq!(check(key("file", ConfigType::Text), None), Ok(None));
}

#[test]
fn a_default_stands_in_for_an_absent_key() {
    let size = ConfigKey { default_value: Some("2000".to_owned()), ..key("batch.size", ConfigType::Int) };

    assert_eq!(check(size, None), shown("2000"));
}

#[test]
fn only_valid_values_are_taken() {
    let valid_values = vec!["none".to_owned(), "all".to_owned()];
    let tolerance = ConfigKey { valid_values, ..key("errors.tolerance", ConfigType::Text) };
    let expected = "Invalid value some for configuration errors.tolerance: String must be one of: none, all";

    assert_eq!(check(tolerance.clone(), Some("all")), shown("all"));
    assert_eq!(check(tolerance, Some("some")), Err(expected.to_owned()));
}

#[test]
fn an_empty_text_or_list_can_be_refused() {
    let topic = ConfigKey { non_empty: true, ..key("topic", ConfigType::Text) };
    let fields = ConfigKey { non_empty: true, ..key("fields", ConfigType::List) };

    let expected = "Invalid value  for configuration topic: String must be non-empty";
    assert_eq!(check(topic, Some("")), Err(expected.to_owned()));
    assert!(check(fields.clone(), Some("")).is_err());
    // Two empty names: only the plugin can tell what it makes of them.
    assert_eq!(check(fields, Some(",")), shown(","));
}

#[test]
fn a_number_can_have_a_minimum() {
    let tasks = ConfigKey { minimum: Some(1), ..key("tasks.max", ConfigType::Int) };
    let expected = "Invalid value 0 for configuration tasks.max: Value must be at least 1";

    assert_eq!(check(tasks, Some("0")), Err(expected.to_owned()));
}

#[test]
fn a_secret_is_never_shown() {
    let password = ConfigKey { valid_values: vec!["x".to_owned()], ..key("p", ConfigType::Password) };

    assert_eq!(check(key("p", ConfigType::Password), Some("hunter2")), shown("[hidden]"));
    assert!(!check(password, Some("hunter2")).unwrap_err().contains("hunter2"));
}

#[test]
fn parsing_reports_every_problem() {
    let required = |name| ConfigKey { required: true, ..key(name, ConfigType::Text) };
    let definition = ConfigDefinition::new(vec![required("a"), required("b"), key("c", ConfigType::Int)]);
    let properties = [("c".to_owned(), "x".to_owned())].into();

    let keys: Vec<_> = definition.parse(&properties).unwrap_err().into_iter().map(|problem| problem.key).collect();

    assert_eq!(keys, ["a", "b", "c"]);
}
