//! Cases for the transforms that work on topics, headers and whole records.

use super::configs::Draft;
use super::dice::Dice;
use super::records::{Part, Subject};
use super::transforms::question;
use super::{header_texts, patterns, predicates, regexes, words};
use crate::oracle::case::Question;

/// DropHeaders.
pub(super) fn drop_headers(dice: &mut Dice) -> Question {
    let subject = Subject::draw(dice, Vec::new());
    let mut draft = Draft::default();
    let mut names: Vec<String> = Vec::new();
    for _ in 0..dice.weighted(&[(1, 0), (6, 1), (6, 2), (2, 4)]) {
        let name = words::header(dice);
        // The same twice is refused.
        if !names.contains(&name) || dice.percent(10) {
            names.push(name);
        }
    }
    draft.set("headers", names.join(","));
    question(dice, ("DropHeaders", Part::Value), (subject, draft))
}

/// InsertHeader.
pub(super) fn insert_header(dice: &mut Dice) -> Question {
    let subject = Subject::draw(dice, Vec::new());
    let mut draft = Draft::default();
    let (header, literal) = (words::header(dice), header_texts::any(dice));
    draft.maybe(dice, 96, ("header", header));
    draft.maybe(dice, 96, ("value.literal", literal));
    question(dice, ("InsertHeader", Part::Value), (subject, draft))
}

/// RegexRouter.
pub(super) fn regex_router(dice: &mut Dice) -> Question {
    let subject = Subject::draw(dice, Vec::new());
    let mut draft = Draft::default();
    let regex = regexes::regex(dice);
    draft.set("replacement", regexes::replacement(dice, &regex));
    draft.set("regex", regex);
    question(dice, ("RegexRouter", Part::Value), (subject, draft))
}

/// TimestampRouter.
pub(super) fn timestamp_router(dice: &mut Dice) -> Question {
    let subject = Subject::draw(dice, Vec::new());
    let mut draft = Draft::default();
    let formats = [
        "${topic}-${timestamp}",
        "${timestamp}",
        "x",
        "${topic}_${topic}",
        "${timestamp}_${topic}",
        "${other}-x",
        "\\",
        "",
    ];
    let (format, pattern) = (dice.pick(&formats).to_owned(), patterns::date_of_topic(dice));
    draft.maybe(dice, 40, ("topic.format", format));
    draft.maybe(dice, 75, ("timestamp.format", pattern));
    question(dice, ("TimestampRouter", Part::Value), (subject, draft))
}

/// Filter, which drops what its predicate chooses.
pub(super) fn filter(dice: &mut Dice) -> Question {
    let subject = Subject::draw(dice, Vec::new());
    let mut question = question(dice, ("Filter", Part::Value), (subject, Draft::default()));
    if let Question::Transform(transform) = &mut question {
        transform.predicate = dice.percent(90).then(|| predicates::condition(dice));
    }
    question
}
