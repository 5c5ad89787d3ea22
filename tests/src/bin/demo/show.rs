//! What the demo prints.

#![allow(clippy::print_stdout, reason = "the demo talks to a person")]

use std::path::Path;

use airlock_tests::airlock::Rest;
use airlock_tests::topic::Consumed;
use indicatif::{ProgressBar, ProgressStyle};

use super::Stage;
use super::check::{DEAD_LETTERS, Outcome, Pace};

pub(crate) fn step(words: &str) {
    println!("• {words}");
}

pub(crate) fn progress(total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    if let Ok(style) = ProgressStyle::with_template("  {bar:40} {pos}/{len} records, {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// Shows two flights, the second of them cancelled.
pub(crate) fn before_and_after(stage: &Stage, outcome: &Outcome) {
    step("two records as they went in (-) and came out (+): fields are gone, time_hour is now scheduled, tailnum is");
    println!("  redacted where there is one, and the rest is the same byte for byte");
    for at in [0, 928] {
        // The malformed record comes later, so that the lines are at the same places.
        if let (Some(before), Some(after)) = (stage.flights.get(at), outcome.delivered.get(at)) {
            println!("  - {before}\n  + {after}\n");
        }
    }
}

/// Shows how fast it was, and what that measures.
pub(crate) fn figures(outcome: &Outcome) {
    let Pace { waited, took, records } = &outcome.pace;
    step(&format!(
        "the first records came out {:.1} s after the sink was created: its consumer joins its group, which takes \
         Kafka 3 s",
        waited.as_secs_f64()
    ));
    if *records == 0 {
        return step("from the first record to the last: too fast to be seen");
    }
    step(&format!(
        "from the first to the last {:.0} ms: {records} records, {:.0} a second, from Kafka through three sandboxed \
         steps and a sandboxed sink into a file (start-up isn't in it; a short burst: `just bench` measures with care)",
        took.as_secs_f64() * 1000.0,
        *records as f64 / took.as_secs_f64()
    ));
}

pub(crate) fn dead_letters(letters: &[Consumed]) {
    step(&format!(
        "the malformed record, as it was consumed, in the dead letter topic `{DEAD_LETTERS}`, with Connect's headers"
    ));
    for letter in letters {
        println!("  {}", letter.value.as_deref().unwrap_or("null"));
        for (key, value) in &letter.headers {
            println!("    {key}: {}", value.lines().next().unwrap_or_default());
        }
    }
}

pub(crate) fn accounted(stage: &Stage, outcome: &Outcome) {
    let Outcome { delivered, discarded, dead, .. } = outcome;
    step(&format!(
        "every one of {} records is accounted for: {} delivered, {discarded} discarded by the filter, {dead} \
         dead-lettered",
        stage.total(),
        delivered.len()
    ));
}

pub(crate) fn hints(rest: &Rest, servers: &str, folder: &Path) {
    let base = &rest.base;
    step("the worker stays up until Ctrl-C; its files go with it. Try:");
    println!("  REST   {base}\n  Kafka  {servers}\n  files  {}", folder.display());
    println!("  curl '{base}/connectors?expand=status'");
    println!("  curl {base}/connectors/redacted/config");
    println!("  curl '{base}/connector-plugins?connectorsOnly=false'");
    println!("  curl {base}/components/redact/versions/1.0.0");
    println!("  curl -X PUT {base}/connectors/redacted/pause     # and …/resume");
    println!("  curl {base}/metrics");
    let folder = folder.display();
    println!(
        "  echo '{{\"carrier\":\"XX\",\"tailnum\":\"N1\"}}' >> {folder}/flights.ndjson; sleep 2; tail -1 {folder}/redacted.ndjson"
    );
}
