//! Draws cases, the same for the same seed: configurations that mostly fit the records, records that are mostly
//! whole, and hostile ones of both. A family is one class, with its `$Key` and `$Value`.

mod dice;
mod words;

mod documents;
mod schemas;
mod values;

mod records;

mod configs;
mod header_texts;
mod json;
mod patterns;
mod regexes;

mod change_events;
mod converters;
mod debezium;
mod predicates;
mod routing;
mod transforms;

use std::fmt;

use super::case::{Case, Nulls, Question};
use dice::Dice;

/// A class of Kafka Connect, and how cases for it are drawn.
#[derive(Clone, Copy)]
pub struct Family {
    /// The class's simple name.
    pub name: &'static str,
    draw: fn(&mut Dice) -> Question,
}

impl fmt::Debug for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Family {
    /// Returns the family of a class; none if there is none of that simple name.
    pub fn named(name: &str) -> Option<Self> {
        FAMILIES.iter().find(|family| family.name == name).copied()
    }

    /// Returns one case. Its id is the number: with the family and the seed, all that it takes to draw it again.
    pub fn draw(self, seed: u64, number: u64) -> Case {
        let mut dice = Dice::of(self.name, seed, number);
        let question = (self.draw)(&mut dice);
        let is_converter = matches!(question, Question::Converter(_));
        let nulls = if is_converter || dice.percent(40) { Nulls::Replaced } else { Nulls::Kept };
        Case { id: number, nulls, question }
    }
}

/// All families: transforms, predicates, converters.
pub const FAMILIES: [Family; 32] = [
    Family { name: "Cast", draw: transforms::cast },
    Family { name: "DropHeaders", draw: routing::drop_headers },
    Family { name: "ExtractField", draw: transforms::extract_field },
    Family { name: "Filter", draw: routing::filter },
    Family { name: "Flatten", draw: transforms::flatten },
    Family { name: "HeaderFrom", draw: transforms::header_from },
    Family { name: "HoistField", draw: transforms::hoist_field },
    Family { name: "InsertField", draw: transforms::insert_field },
    Family { name: "InsertHeader", draw: routing::insert_header },
    Family { name: "MaskField", draw: transforms::mask_field },
    Family { name: "RegexRouter", draw: routing::regex_router },
    Family { name: "ReplaceField", draw: transforms::replace_field },
    Family { name: "SetSchemaMetadata", draw: transforms::set_schema_metadata },
    Family { name: "TimestampConverter", draw: transforms::timestamp_converter },
    Family { name: "TimestampRouter", draw: routing::timestamp_router },
    Family { name: "ValueToKey", draw: transforms::value_to_key },
    Family { name: "ByLogicalTableRouter", draw: debezium::by_logical_table_router },
    Family { name: "EventRouter", draw: debezium::event_router },
    Family { name: "ExtractNewRecordState", draw: debezium::extract_new_record_state },
    Family { name: "HasHeaderKey", draw: predicates::has_header_key },
    Family { name: "RecordIsTombstone", draw: predicates::record_is_tombstone },
    Family { name: "TopicNameMatches", draw: predicates::topic_name_matches },
    Family { name: "JsonConverter", draw: converters::json },
    Family { name: "StringConverter", draw: converters::string },
    Family { name: "ByteArrayConverter", draw: converters::byte_array },
    Family { name: "BooleanConverter", draw: converters::boolean },
    Family { name: "ShortConverter", draw: converters::short },
    Family { name: "IntegerConverter", draw: converters::integer },
    Family { name: "LongConverter", draw: converters::long },
    Family { name: "FloatConverter", draw: converters::float },
    Family { name: "DoubleConverter", draw: converters::double },
    Family { name: "SimpleHeaderConverter", draw: converters::simple_header },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_cases_again_and_another_draws_others() {
        for family in FAMILIES {
            let cases = |seed| (0..20).map(|number| family.draw(seed, number)).collect::<Vec<_>>();
            let text = |seed| serde_json::to_string(&cases(seed)).unwrap();
            assert_eq!(text(7), text(7), "{family:?}");
            assert_ne!(text(7), text(8), "{family:?}");
        }
    }

    #[test]
    fn a_case_survives_the_notation() {
        for family in FAMILIES {
            for number in 0..100 {
                let text = serde_json::to_string(&family.draw(1, number)).unwrap();
                let read: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                assert_eq!(serde_json::to_string(&read).unwrap(), text);
            }
        }
    }
}
