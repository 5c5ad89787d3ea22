//! Names and versions of components: which are legal, and which version is newer.

use std::cmp::Ordering;

/// Checks that a name and a version can be used in paths, keys and labels.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn check_component_name(name: &str, version: &str) -> Result<(), String> {
    let legal = |text: &str, more: &[u8]| {
        let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        first && text.len() <= 128 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    if !legal(name, b"._-") {
        return Err(format!(
            "the component name {name:?} can't be used: begin with a letter or digit, go on with letters, \
             digits and . _ -, 128 at the most"
        ));
    }
    if !legal(version, b"._-+") {
        return Err(format!(
            "the version {version:?} can't be used: begin with a letter or digit, go on with letters, digits \
             and . _ - +, 128 at the most"
        ));
    }
    Ok(())
}

/// Orders versions: runs of digits by their number, a pre-release (`-rc1`) before its release, the rest as
/// text.
pub(crate) fn compare_versions(a: &str, b: &str) -> Ordering {
    let (a_release, a_pre) = a.split_once('-').map_or((a, None), |(release, pre)| (release, Some(pre)));
    let (b_release, b_pre) = b.split_once('-').map_or((b, None), |(release, pre)| (release, Some(pre)));
    compare_parts(a_release, b_release).then_with(|| match (a_pre, b_pre) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => compare_parts(a, b),
    })
}

fn compare_parts(a: &str, b: &str) -> Ordering {
    let mut a = a.split(['.', '+', '_']);
    let mut b = b.split(['.', '+', '_']);
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                _ => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        let mut versions = ["1.10.0", "1.9.0", "2.0.0-rc1", "2.0.0", "1.9"];
        versions.sort_by(|a, b| compare_versions(a, b));
        assert_eq!(versions, ["1.9", "1.9.0", "1.10.0", "2.0.0-rc1", "2.0.0"]);
    }

    #[test]
    fn a_name_that_would_leave_its_folder_is_refused() {
        for name in ["", "..", "../x", "a/b", "-x", "a b", "ä"] {
            assert!(check_component_name(name, "1").is_err(), "{name}");
            assert!(check_component_name("x", name).is_err(), "{name}");
        }
        assert_eq!(check_component_name("redact", "1.0.0-rc1+build"), Ok(()));
    }
}
