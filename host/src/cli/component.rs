//! `airlock component`: what is in a `.wasm` file.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;

use super::sandbox;
use crate::plugin::inspect::inspect;

#[derive(Debug, Subcommand)]
pub(crate) enum ComponentCommand {
    /// Shows a component's plugins, their keys and what they ask for, and checks that a worker would take it.
    Inspect {
        /// The file.
        file: PathBuf,
    },
}

pub(crate) async fn run(ComponentCommand::Inspect { file }: ComponentCommand) -> anyhow::Result<()> {
    let bytes = std::fs::read(&file).with_context(|| format!("can't read {}", file.display()))?;
    let outline = inspect(&bytes)?;
    let sandbox = sandbox::empty()?;
    let entry = sandbox.add(&file, &bytes).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}: {} bytes, {}", file.display(), entry.size, entry.component.digest)?;
    for plugin in &entry.plugins {
        writeln!(out, "\n{:?} {} {}", plugin.kind, plugin.class_names.join(", "), plugin.version)?;
        writeln!(out, "  {}", plugin.documentation)?;
        for asked in &plugin.capabilities {
            writeln!(out, "  asks for {asked}")?;
        }
        for key in plugin.definition.keys() {
            let default = match (&key.default_value, key.required) {
                (Some(default), _) => format!("default {default:?}"),
                (None, true) => "required".to_owned(),
                (None, false) => "default null".to_owned(),
            };
            writeln!(out, "  {:<24} {:?}, {default}: {}", key.name, key.value_type, key.documentation)?;
        }
    }
    writeln!(out, "\nimports {}", outline.imports.join(" "))?;
    writeln!(out, "exports {}", outline.exports.join(" "))?;
    Ok(())
}
