//! The rules of a connector's configuration that a single key's definition can't express, with Connect's
//! words.

use regex::Regex;

use super::{Direction, Topics, keys};
use crate::config::definition::Values;
use crate::config::{Problem, Properties, trim};

/// Checks Connect's own keys. The values of those that are right are returned in either case.
pub(super) fn check(properties: &Properties, direction: Direction, problems: &mut Vec<Problem>) -> Values {
    let definition = keys::connector_keys(direction);
    let mut values = Values::default();
    for (key, result) in definition.keys().iter().zip(definition.check(properties)) {
        match result {
            Ok(Some(value)) => values.set(&key.name, value),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(check_name(properties.get("name").map(String::as_str)));
    values
}

fn check_name(name: Option<&str>) -> Option<Problem> {
    let name = name?;
    if trim(name).is_empty() {
        return Some(Problem::invalid("name", "", "String may not be empty"));
    }
    let control = name.chars().find(|character| character.is_control())?;
    let why = format!(
        "String may not contain control sequences but had the following ASCII chars: {:#04x}",
        u32::from(control)
    );
    Some(Problem::new("name", why))
}

/// Checks which topics a sink reads, and that its dead letters don't come back to it.
pub(super) fn topics(properties: &Properties, values: &Values, problems: &mut Vec<Problem>) -> Option<Topics> {
    let text = |key: &str| properties.get(key).map(|text| trim(text)).filter(|text| !text.is_empty());
    let dead_letters = values.text("errors.deadletterqueue.topic.name");
    match (text("topics"), text("topics.regex")) {
        (Some(_), Some(_)) => {
            let message = "topics and topics.regex are mutually exclusive options, but both are set.";
            problems.extend(["topics", "topics.regex"].map(|key| Problem::new(key, message)));
            None
        }
        (None, None) => {
            let message = "Must configure one of topics or topics.regex";
            problems.extend(["topics", "topics.regex"].map(|key| Problem::new(key, message)));
            None
        }
        (Some(_), None) => {
            let names = values.list("topics");
            problems.extend(check_names(names, dead_letters));
            Some(Topics::List(names.to_vec()))
        }
        (None, Some(pattern)) => {
            problems.extend(check_pattern(pattern, dead_letters));
            Some(Topics::Pattern(pattern.to_owned()))
        }
    }
}

fn check_names(names: &[String], dead_letters: Option<&str>) -> Option<Problem> {
    let repeated = names.iter().enumerate().any(|(index, name)| names.iter().take(index).any(|other| other == name));
    let why = match dead_letters {
        _ if names.iter().any(String::is_empty) => "Configuration 'topics' values must not be empty.".to_owned(),
        _ if repeated => "Configuration 'topics' values must not be duplicated.".to_owned(),
        Some(topic) if names.iter().any(|name| name == topic) => format!(
            "The DLQ topic '{topic}' may not be included in the list of topics ('topics=[{}]') consumed by the connector",
            names.join(", ")
        ),
        _ => return None,
    };
    Some(Problem::new("topics", why))
}

fn check_pattern(pattern: &str, dead_letters: Option<&str>) -> Option<Problem> {
    let whole = match Regex::new(&format!("^(?:{pattern})$")) {
        Ok(whole) => whole,
        Err(error) => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let why = format!("Invalid regex: {last}. Look-around and back-references are not supported");
            return Some(Problem::invalid("topics.regex", pattern, &why));
        }
    };
    let topic = dead_letters.filter(|topic| whole.is_match(topic))?;
    let why = format!(
        "The DLQ topic '{topic}' may not be matched by the regex for the topics ('topics.regex={pattern}') consumed by the connector"
    );
    Some(Problem::new("topics.regex", why))
}
