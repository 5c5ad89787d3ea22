//! The members of a JSON object and the elements of an array, with their values as they are written. The host has checked the JSON.

use std::collections::HashMap;

use airlock_sdk::serde_json::{self, Value};

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// The name, its escapes resolved.
    pub name: String,
    /// JSON, without blanks around it.
    pub value: &'a str,
}

/// Returns the members of an object in their order; none of anything else. Of a repeated name the last value counts,
/// in the place of the first.
pub fn of(json: &str) -> Option<Vec<Member<'_>>> {
    let mut rest = json.trim_ascii().strip_prefix('{')?.trim_ascii_start();
    let mut members: Vec<Member<'_>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    while rest.starts_with('"') {
        let (name, after) = rest.split_at_checked(string_end(rest)?)?;
        let name: String = serde_json::from_str(name).ok()?;
        let start = after.trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
        let (value, after) = start.split_at_checked(value_end(start)?)?;
        let value = value.trim_ascii_end();
        match places.get(&name).and_then(|place| members.get_mut(*place)) {
            Some(member) => member.value = value,
            None => {
                places.insert(name.clone(), members.len());
                members.push(Member { name, value });
            }
        }
        let after = after.trim_ascii_start();
        rest = after.strip_prefix(',').unwrap_or(after).trim_ascii_start();
    }
    Some(members)
}

/// Returns the elements of an array in their order; none of anything else.
pub fn elements(json: &str) -> Option<Vec<&str>> {
    let mut rest = json.trim_ascii().strip_prefix('[')?.trim_ascii_start();
    let mut elements = Vec::new();
    while !rest.is_empty() && !rest.starts_with(']') {
        let (element, after) = rest.split_at_checked(value_end(rest)?)?;
        elements.push(element.trim_ascii_end());
        rest = after.strip_prefix(',').unwrap_or(after).trim_ascii_start();
    }
    Some(elements)
}

/// Returns a text as JSON.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Returns where the string ends that the text begins with.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some(end + 2)
}

/// Returns where the value ends that the text begins with: before a comma or bracket that isn't its own.
fn value_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match text.as_bytes().get(at)? {
            b'"' => {
                at += string_end(text.get(at..)?)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b',' | b'}' | b']' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn members_are_found_as_they_are_written() {
        let members = |json| -> Option<Vec<(String, &str)>> {
            of(json).map(|members| members.into_iter().map(|member| (member.name, member.value)).collect())
        };
        let found = members(" { \"a\\\"}\" : [1, {\"b\":\"]\"} ] ,\"\\u00e9\":-1.50e3\n,\"s\":\"x,\\\\\" } ");
        let wanted = [("a\"}", "[1, {\"b\":\"]\"} ]"), ("é", "-1.50e3"), ("s", "\"x,\\\\\"")];
        assert_eq!(found.unwrap(), wanted.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(members(r#"{"a":1,"b":2,"a":3}"#).unwrap(), [("a".to_owned(), "3"), ("b".to_owned(), "2")]);
        assert_eq!((members("[]"), members("{ }"), members("\"{\"")), (None, Some(vec![]), None));
    }
}
