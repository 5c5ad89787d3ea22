//! Makes bindings of the WIT for C and Go, and components of the core modules that their compilers make. What
//! `wit-bindgen` and `wasm-tools` do on a developer's machine, in the versions that this repository locks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// What to make.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder of the WIT package.
    #[arg(long, default_value = "wit")]
    wit: PathBuf,
    /// The world that the component is built for.
    #[arg(long, default_value = "transforms")]
    world: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes C bindings into a folder.
    C { folder: PathBuf },
    /// Writes Go bindings into a folder, as `bindings` of a module; what it exports is in the module itself.
    Go { folder: PathBuf, module: String },
    /// Makes a component of a core module of WASI's first preview.
    Component { module: PathBuf, component: PathBuf },
}

fn main() -> Result<()> {
    let Arguments { wit, world, command } = Arguments::parse();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(&wit).with_context(|| format!("can't read {}", wit.display()))?;
    let world = resolve.select_world(&[package], Some(&world))?;
    match command {
        Command::C { folder } => generate(wit_bindgen_c::Opts::default().build(), (resolve, world), &folder),
        Command::Go { folder, module } => {
            let (pkg_name, export_pkg_name) = (Some(format!("{module}/bindings")), Some(module));
            let options = wit_bindgen_go::Opts { pkg_name, export_pkg_name, ..wit_bindgen_go::Opts::default() };
            generate(options.build(), (resolve, world), &folder)
        }
        Command::Component { module, component } => write(&component, &componentize(&module, (resolve, world))?),
    }
}

fn generate(mut generator: Box<dyn WorldGenerator>, of: (Resolve, WorldId), folder: &Path) -> Result<()> {
    let (mut resolve, world) = of;
    let mut files = Files::default();
    generator.generate(&mut resolve, world, &mut files)?;
    for (name, contents) in files.iter() {
        write(&folder.join(name), contents)?;
    }
    Ok(())
}

/// C's bindings bring the world along as a section of the module; Go's don't, so it is added here.
fn componentize(module: &Path, of: (Resolve, WorldId)) -> Result<Vec<u8>> {
    let mut bytes = fs::read(module).with_context(|| format!("can't read {}", module.display()))?;
    let (resolve, world) = of;
    embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8)?;
    let mut encoder = ComponentEncoder::default();
    encoder
        .validate(true)
        .module(&bytes)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)?
        .encode()
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("can't write {}", path.display()))
}
