//! Lists the components that the executable carries: every `.wasm` file in `target/components`, where
//! `just guests` puts them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=AIRLOCK_COMPONENTS");
    let folder = env::var_os("AIRLOCK_COMPONENTS").map_or_else(default_folder, PathBuf::from);
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut components: Vec<_> = fs::read_dir(&folder)
        .map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| is_wasm(path)).collect())
        .unwrap_or_default();
    components.sort();
    if !components.iter().any(|path| path.file_stem().is_some_and(|name| name == "standard")) {
        let folder = folder.display();
        println!("cargo::error={folder}/standard.wasm isn't there: run `just guests` first, which builds it");
        return;
    }
    let mut list = String::from("&[\n");
    for path in components {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        writeln!(list, "    ({name:?}, include_bytes!({path:?})),").ok();
    }
    list.push_str("]\n");
    let output = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("built_in.rs");
    if let Err(error) = fs::write(&output, list) {
        println!("cargo::error=can't write {}: {error}", output.display());
    }
}

fn default_folder() -> PathBuf {
    let host = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    host.parent().unwrap_or(Path::new(".")).join("target/components")
}

fn is_wasm(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}
