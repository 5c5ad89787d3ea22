//! `airlock transform run`: a chain on sample records, in the real sandbox, without Kafka.

use std::io::{BufRead as _, Write};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::sandbox;
use crate::config::connector::{ConnectorConfig, Direction};
use crate::config::properties::parse_config_body;
use crate::pipeline::batch::{Batch, Content, Contents, NewRow};
use crate::pipeline::edges::Transform as _;
use crate::plugin::guests::Surroundings;
use crate::plugin::transform::TransformGuest;

#[derive(Debug, Subcommand)]
pub(crate) enum TransformCommand {
    /// Reads JSON values from standard input, one a line, and writes what the chain makes of them. Rejected
    /// records go to standard error, with the reason.
    Run(RunArguments),
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArguments {
    /// A JSON file with the keys `transforms`, `transforms.<alias>.type` and so on, as in a connector's
    /// configuration; other keys are ignored.
    #[arg(long)]
    chain: PathBuf,
    /// A component that the chain needs beside the built-in ones.
    #[arg(long)]
    component: Vec<PathBuf>,
    /// The topic of the sample records.
    #[arg(long, default_value = "sample")]
    topic: String,
}

/// How many lines make a batch.
const BATCH_ROWS: usize = 500;

pub(crate) async fn run(TransformCommand::Run(arguments): TransformCommand) -> anyhow::Result<()> {
    let config = chain(&arguments.chain)?;
    let sandbox = sandbox::open().await?;
    for file in &arguments.component {
        let bytes = std::fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
        sandbox.add(file, &bytes).await?;
    }
    let around = Surroundings { scope: "transform run".to_owned(), ..Surroundings::default() };
    let mut guests = sandbox.catalog.chain_guests(&config.chain, &around)?;
    for guest in &mut guests {
        guest.start().await.with_context(|| guest.describe(None))?;
    }
    let mut lines = std::io::stdin().lock().lines();
    let mut offset = 0;
    loop {
        let mut batch = Batch::new(Contents { key: Content::Opaque, value: Content::JSON });
        for line in lines.by_ref().take(BATCH_ROWS) {
            push(&mut batch, &arguments.topic, (offset, line?.as_bytes()));
            offset += 1;
        }
        if batch.total_rows() == 0 {
            return Ok(());
        }
        apply(&mut guests, batch).await?;
    }
}

/// Reads the chain out of a connector's configuration, or out of its `config`.
fn chain(file: &PathBuf) -> anyhow::Result<ConnectorConfig> {
    let text = std::fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
    let json: serde_json::Value =
        serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", file.display()))?;
    let config = json.get("config").unwrap_or(&json).to_string();
    let mut properties = parse_config_body(config.as_bytes())?.properties;
    properties.retain(|key, _| key.starts_with("transforms") || key.starts_with("predicates"));
    for (key, value) in [("name", "transform-run"), ("connector.class", "none"), ("topics", "none")] {
        properties.insert(key.to_owned(), value.to_owned());
    }
    ConnectorConfig::parse(&properties, Direction::Sink).map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(|problem| problem.message.clone()).collect();
        anyhow::anyhow!("{}: {}", file.display(), problems.join("; "))
    })
}

fn push(batch: &mut Batch, topic: &str, (offset, line): (i64, &[u8])) {
    let value = Some(line).filter(|line| !line.is_empty());
    batch.push(NewRow { topic, partition: 0, offset, timestamp: 0, key: None, value, headers: &[] });
}

async fn apply(guests: &mut [TransformGuest], mut batch: Batch) -> anyhow::Result<()> {
    batch.decode();
    for guest in guests {
        let (back, result) = guest.apply(batch, None).await;
        if let Err(error) = result {
            bail!("{}: {error}", guest.describe(None));
        }
        batch = back;
    }
    batch.encode();
    write_out(&batch, &mut std::io::stdout().lock(), &mut std::io::stderr().lock())?;
    Ok(())
}

fn write_out(batch: &Batch, out: &mut impl Write, refused: &mut impl Write) -> std::io::Result<()> {
    for (_, record) in batch.outgoing() {
        out.write_all(record.value.as_deref().unwrap_or_default())?;
        out.write_all(b"\n")?;
    }
    for rejected in batch.rejected() {
        let line = rejected.record.offset + 1;
        writeln!(
            refused,
            "line {line} rejected at {}: {}",
            rejected.rejection.stage.as_str(),
            rejected.rejection.reason
        )?;
    }
    out.flush()
}
