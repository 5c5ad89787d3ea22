//! The pages of figures, written anew by each run but for the part that people write, at their end; and the words of
//! `docs/benchmarks/abi.md`.

use std::fmt::Write as _;
use std::path::Path;
use std::thread::available_parallelism;

use anyhow::{Context, Result, ensure};

use super::report::Figure;

/// Below this line the page is a person's.
const KEPT: &str = "<!-- Written by hand from here on; the command keeps it. -->";

const METHOD: &str = "# What the ABI costs

`just bench-abi` writes this page, from its own run, up to the last table.

**Work.** Batches of 500 JSON records of 269 bytes (10 fields, one of them nested) with a 12-byte key and a header.
Three edits: drop `phone`, mask `ssn`, insert `source`. Each cost has the whole way in it: copying the
records in, reading them, the calls, and copying the results out. Limits on CPU time, wall time and memory are on.

**Yardsticks.** `native_tree` parses each value into a `serde_json::Value`, edits that, and writes it. `native_scan`
is one hand-written pass over the bytes, which trusts that they are valid. `bare_copy` copies the bytes in and out.

**Method.** CPU time of the thread. The variants of a group take turns on the same rows, 21 to 41 rounds of 5,000
to 10,000 records; each figure is the median. First, what each variant that edits makes of the rows is compared with
what native code makes of them. The ratios are what counts: both sides come from one run. Lower is better.
";

/// The groups on the page, in its order, and what to know about them.
pub(crate) const GROUPS: [(&str, &str); 5] = [
    (
        "boundary",
        "## The boundary\n\n`nothing` calls a guest that does nothing; in `there_and_back` the guest pulls all values and sets them back.\n\
         `no_sandbox` does the edits on the batch without a guest, `one_guest` by one `edit` of three operations,\n\
         `three_sandboxes` by Kafka's ReplaceField, MaskField and InsertField, each in a sandbox of its own.",
    ),
    (
        "shapes",
        "## Other rows and batches\n\n`wide` rows have 50 fields and 1.9 KB. The others are batches of so many of the usual rows:\n\
         `no_sandbox` shows what of their cost is the batch's own, without any guest.",
    ),
    (
        "languages",
        "## Languages\n\nThe same plugins in five languages ([tests/abi](../../tests/abi/README.md)). `edit`: the three edits by one call.\n\
         `documents`: the same, but the guest parses and writes whole values. `upper`: the guest reads the column\n\
         `email`, turns it into capitals and writes it back.",
    ),
    (
        "typed",
        "## Typed values\n\nRecords of 12 fields with a schema in each (JsonConverter's envelope); the guest adds one to a field through the\n\
         form `cbor`. The native tree does so in the envelope.",
    ),
    (
        "memory",
        "## Memory\n\nWhat one more instance of a component takes after it made the three edits in a batch of 500 rows: private pages\n\
         and page tables of the process, read before and after 20 further instances, divided by 20. Code and the pages\n\
         of its image that an instance doesn't write are shared, and so not in it.",
    ),
];

/// Writes the page about the ABI.
pub(crate) fn write(path: &Path, figures: &[Figure]) -> Result<()> {
    write_page(path, METHOD, &tables(figures)?)
}

/// Writes a page: words, the machine, and tables.
pub(crate) fn write_page(path: &Path, words: &str, tables: &str) -> Result<()> {
    let kept = match std::fs::read_to_string(path) {
        Ok(page) => {
            let kept = page.split_once(KEPT).map(|(_, kept)| kept.to_owned());
            kept.with_context(|| format!("{} has no line {KEPT}, below which it is kept", path.display()))?
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "\n".to_owned(),
        Err(error) => return Err(error).with_context(|| format!("can't read {}", path.display())),
    };
    let page = format!("{words}\n**Machine.** {}\n\n{tables}{KEPT}{kept}", machine()?);
    std::fs::write(path, page).with_context(|| format!("can't write {}", path.display()))
}

/// Names the processor.
fn machine() -> Result<String> {
    let processors = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let (_, model) = model.unwrap_or_default();
    let model = if model.is_empty() { "unnamed processor" } else { model.trim() };
    Ok(format!("{model}, {}, {} cores.", std::env::consts::ARCH, available_parallelism()?))
}

fn tables(figures: &[Figure]) -> Result<String> {
    let mut tables = String::new();
    for (group, words) in GROUPS {
        let prefix = format!("{group}.");
        let mut rows =
            figures.iter().filter_map(|figure| Some((figure.name.strip_prefix(&prefix)?, figure))).peekable();
        ensure!(rows.peek().is_some(), "the page needs the group {group}, too");
        write!(tables, "{words}\n\n| | measured | goal | |\n|---|--:|--:|---|\n")?;
        for (name, figure) in rows {
            tables.push_str(&row(name, figure));
        }
        tables.push('\n');
    }
    Ok(tables)
}

fn row(name: &str, figure: &Figure) -> String {
    let measured = amount(figure.value, figure.unit);
    match figure.goal {
        None => format!("| {name} | {measured} | | |\n"),
        Some(goal) => {
            let judged = if figure.misses() { "**missed**" } else { "met" };
            format!("| {name} | {measured} | {} | {judged} |\n", amount(goal, figure.unit))
        }
    }
}

/// Writes an amount as a person would: ratios by three decimals, the rest whole with its unit.
pub(crate) fn amount(value: f64, unit: &str) -> String {
    match unit {
        "ratio" => format!("{value:.3}"),
        "ns/record" => format!("{} ns", grouped(value)),
        unit => format!("{} {unit}", grouped(value)),
    }
}

/// A whole number, its thousands set apart.
fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(value: f64) -> Vec<Figure> {
        let figure = |(group, _)| Figure::at_most(&format!("{group}.this ÷ that"), value, (0.125, "ratio"));
        GROUPS.map(figure).into()
    }

    #[test]
    fn a_page_is_written_anew_but_for_the_part_below_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        write(&path, &all(0.5)).unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        assert!(first.contains("| this ÷ that | 0.500 | 0.125 | **missed** |"), "{first}");
        std::fs::write(&path, format!("{first}\n## Mine\n")).unwrap();
        write(&path, &all(0.1)).unwrap();
        let second = std::fs::read_to_string(&path).unwrap();
        assert!(second.contains("| this ÷ that | 0.100 | 0.125 | met |") && !second.contains("0.500"), "{second}");
        assert!(second.ends_with("\n## Mine\n"));
    }

    #[test]
    fn a_page_without_the_line_or_with_a_group_too_few_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        std::fs::write(&path, "a person's").unwrap();
        assert!(write(&path, &all(0.5)).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a person's");
        assert!(write(&folder.path().join("other.md"), &all(0.5)[1..]).is_err());
        assert!(!folder.path().join("other.md").exists());
    }

    #[test]
    fn amounts_are_easy_to_read() {
        assert_eq!(amount(37_986.757, "ns/record"), "37,987 ns");
        assert_eq!(amount(1_428_889.6, "bytes"), "1,428,890 bytes");
        assert_eq!(amount(100.0, "bytes"), "100 bytes");
        assert_eq!(amount(1.0 / 30.0, "ratio"), "0.033");
    }
}
