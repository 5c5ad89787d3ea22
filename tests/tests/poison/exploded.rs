//! Records that become several: one of them fails, and the record is settled once all of them are.

use std::time::Duration;

use airlock_tests::sandbox::Sandbox;
use serde_json::{Value, json};

use super::sandbox;
use super::task::{Job, Outcome};

/// How many elements each record has.
const ELEMENTS: usize = 3;

async fn with_built_in() -> Sandbox {
    sandbox().await.with_built_in().await.unwrap()
}

/// Records of three elements each, of which one is something else; exploded, and then validated.
fn job(sandbox: Sandbox, records: usize, (record, element, odd): (usize, usize, &str)) -> Job {
    let mut job = Job::new(sandbox, 0, &[]);
    let line = |number: usize, at: usize| {
        let odd = if (number, at) == (record, element) { json!(odd) } else { json!(at) };
        json!({ "n": number, "at": odd })
    };
    let value = |number: usize| json!({ "lines": (0..ELEMENTS).map(|at| line(number, at)).collect::<Vec<_>>() });
    job.values = (0..records).map(|number| value(number).to_string()).collect();
    job.chain = json!({
        "transforms": "explode,validate",
        "transforms.explode.type": "airlock.transforms.Explode",
        "transforms.explode.field": "lines",
        "transforms.explode.output": "value",
        "transforms.validate.type": "airlock.transforms.JsonSchemaValidate$Value",
        "transforms.validate.schema": r#"{"properties":{"at":{"not":{"const":"unfit"}}}}"#,
    });
    job
}

impl Outcome {
    /// Returns which elements of which records the sink wrote, in order; one that isn't a number is left out.
    fn elements(&self) -> Vec<(u64, u64)> {
        let element = |line: &String| {
            let line: Value = serde_json::from_str(line).unwrap();
            Some((line["n"].as_u64()?, line["at"].as_u64()?))
        };
        self.written.iter().filter_map(element).collect()
    }
}

fn all_but(records: u64, odd: (u64, u64)) -> Vec<(u64, u64)> {
    let all = (0..records).flat_map(|number| (0..ELEMENTS as u64).map(move |at| (number, at)));
    all.filter(|element| *element != odd).collect()
}

#[tokio::test]
async fn an_element_that_does_not_fit_makes_its_record_a_dead_letter_and_the_others_arrive() {
    let outcome = job(with_built_in().await, 40, (17, 1, "unfit")).run().await;
    outcome.result.as_ref().unwrap();
    let letters: Vec<i64> = outcome.letters.iter().map(|(offset, _)| *offset).collect();
    assert_eq!((letters, outcome.committed), (vec![17], 40));
    let words = &outcome.letters[0].1;
    assert!(words.contains("JsonSchemaValidate$Value") && words.contains("at /at, not"), "{words}");
    assert_eq!(outcome.elements(), all_but(40, (17, 1)));
    assert_eq!(outcome.metrics.records_expanded.get(), 40 * (ELEMENTS as u64 - 1));
}

#[tokio::test]
async fn an_element_that_the_sink_traps_on_makes_its_record_a_dead_letter_and_the_other_records_arrive() {
    let outcome = job(with_built_in().await, 40, (17, 2, "panic")).run().await;
    outcome.result.as_ref().unwrap();
    // A record isn't split, so all that came of it is rejected, and the letter is the record.
    let letters: Vec<i64> = outcome.letters.iter().map(|(offset, _)| *offset).collect();
    assert_eq!((letters, outcome.committed), (vec![17], 40));
    assert_eq!(outcome.metrics.records_skipped.get(), 1);
    let of_others = |elements: Vec<(u64, u64)>| elements.into_iter().filter(|(n, _)| *n != 17).collect::<Vec<_>>();
    assert_eq!(of_others(outcome.elements()), of_others(all_but(40, (17, 2))));
}

#[tokio::test]
async fn no_offset_is_committed_before_the_last_element_of_a_record_is_settled() {
    let mut job = job(with_built_in().await, 5, (3, 2, "sleep"));
    (job.at_once, job.within) = (1, Duration::from_secs(8));
    let outcome = job.run().await;
    outcome.result.as_ref().unwrap();
    assert!(outcome.letters.is_empty(), "{:?}", outcome.letters);
    assert!(outcome.elements().ends_with(&[(3, 0), (3, 1)]), "{:?}", outcome.elements());
    // Those before it may be committed or not: after each restart they come again.
    assert!(outcome.committed <= 3, "{} committed, but the third element never arrives", outcome.committed);
}
