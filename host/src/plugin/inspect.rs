//! What a `.wasm` file is, told from its bytes without compiling it. Whether it is valid is for
//! `compile`; what plugins it holds is for its own `describe`.

use wasmparser::{Parser, Payload};

use super::words::cut;

/// The imports and exports of a component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Names such as `airlock:connect/records@0.1.0`.
    pub imports: Vec<String>,
    /// Names such as `airlock:connect/transform@0.1.0`.
    pub exports: Vec<String>,
}

/// Why a file can't be a component of plugins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// Not WebAssembly.
    #[error("this is no WebAssembly: it doesn't begin with \\0asm. Upload the .wasm file itself, as application/wasm")]
    NotWasm,
    /// A core module.
    #[error(
        "this is a core WebAssembly module, not a component: build for wasm32-wasip2, or wrap it with \
         `wasm-tools component new`"
    )]
    CoreModule,
    /// Broken.
    #[error("this component is damaged or cut off: {0}")]
    Malformed(String),
    /// It needs something that no host function answers.
    #[error("the component imports {0}, which Airlock doesn't offer: only wasi:*@0.2 and airlock:connect@0.1.0 are")]
    ForeignImport(String),
    /// It holds no plugin.
    #[error(
        "the component doesn't export airlock:connect/plugin@0.1.0 (it exports {0}): build it against a world of \
         airlock:connect"
    )]
    NoPlugin(String),
}

/// Reads the outline of a component and checks that it could be one of plugins.
///
/// # Errors
/// It is something else, or is made for another host.
pub fn inspect(bytes: &[u8]) -> Result<Outline, InspectError> {
    if !bytes.starts_with(b"\0asm") {
        return Err(InspectError::NotWasm);
    }
    if bytes.get(4..8) == Some([1, 0, 0, 0].as_slice()) {
        return Err(InspectError::CoreModule);
    }
    let outline = outline(bytes).map_err(|error| InspectError::Malformed(error.to_string()))?;
    if let Some(foreign) = outline.imports.iter().find(|name| !is_offered(name)) {
        return Err(InspectError::ForeignImport(cut(foreign.clone())));
    }
    if !outline.exports.iter().any(|name| name == "airlock:connect/plugin@0.1.0") {
        let exports = if outline.exports.is_empty() { "nothing".to_owned() } else { cut(outline.exports.join(", ")) };
        return Err(InspectError::NoPlugin(exports));
    }
    Ok(outline)
}

fn is_offered(import: &str) -> bool {
    let of_wasi = import.starts_with("wasi:") && import.contains("@0.2.");
    of_wasi || (import.starts_with("airlock:connect/") && import.ends_with("@0.1.0"))
}

/// Reads the names of the outermost component; what is nested belongs to it.
fn outline(bytes: &[u8]) -> wasmparser::Result<Outline> {
    let mut outline = Outline::default();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    outline.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    outline.exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(outline)
}
