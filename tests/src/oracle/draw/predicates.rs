//! Cases for the predicates, and predicates for the cases of transforms.

use super::configs::Draft;
use super::dice::Dice;
use super::records::{self, Part, Subject};
use super::{regexes, words};
use crate::oracle::case::{Condition, Config, Predicate, Question};
use crate::oracle::notation::{Schema, Typed};

const PACKAGE: &str = "org.apache.kafka.connect.transforms.predicates";

/// Returns any predicate, plain or negated.
pub(super) fn condition(dice: &mut Dice) -> Condition {
    let (class, config) = match dice.below(3) {
        0 => ("HasHeaderKey", has_header(dice)),
        1 => ("TopicNameMatches", topic_matches(dice)),
        _ => ("RecordIsTombstone", Config::new()),
    };
    Condition { class: format!("{PACKAGE}.{class}"), config, negate: dice.percent(50) }
}

fn has_header(dice: &mut Dice) -> Config {
    let mut draft = Draft::default();
    let name = words::header(dice);
    draft.maybe(dice, 88, ("name", name));
    draft.spoil(dice);
    draft.0
}

fn topic_matches(dice: &mut Dice) -> Config {
    let mut draft = Draft::default();
    draft.set("pattern", regexes::regex(dice));
    draft.spoil(dice);
    draft.0
}

fn question(dice: &mut Dice, class: &str, config: Config) -> Question {
    let mut subject = Subject::draw(dice, Vec::new());
    for typed in &mut subject.0 {
        if dice.percent(30) {
            typed.value = None;
            // No converter takes a null of a schema that has none.
            typed.schema = typed.schema.take().map(|schema| Schema { optional: true, ..schema });
        }
    }
    if dice.percent(30) {
        subject.0.push(Typed::default());
    }
    let (direction, records) = records::around(dice, subject, Part::Value);
    Question::Predicate(Predicate { class: format!("{PACKAGE}.{class}"), config, direction, records })
}

/// HasHeaderKey.
pub(super) fn has_header_key(dice: &mut Dice) -> Question {
    let config = has_header(dice);
    question(dice, "HasHeaderKey", config)
}

/// TopicNameMatches.
pub(super) fn topic_name_matches(dice: &mut Dice) -> Question {
    let config = topic_matches(dice);
    question(dice, "TopicNameMatches", config)
}

/// RecordIsTombstone, which nothing can go wrong with.
pub(super) fn record_is_tombstone(dice: &mut Dice) -> Question {
    question(dice, "RecordIsTombstone", Config::new())
}
