//! Builds the site that the server carries, from the compiled WebAssembly and the style sheets.
//!
//! `site COMPILED.wasm STYLE_FOLDER WASM_OPT OUTPUT_FOLDER` fills the output folder's `pkg` with the
//! script, the WebAssembly, the style sheet and the pictures, each beside its compressed copies, and
//! prints their sizes. It compiles nothing itself and never touches the network.

mod bindings;
mod compress;
mod style;

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// The name that the server gives as `output_name`: pages ask for `/pkg/smart-balancer.…`.
const NAME: &str = "smart-balancer";

fn main() -> Result<()> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [compiled, style, wasm_opt, output] = arguments.as_slice() else {
        bail!("usage: site COMPILED.wasm STYLE_FOLDER WASM_OPT OUTPUT_FOLDER");
    };
    build(compiled.as_ref(), style.as_ref(), wasm_opt.as_ref(), &Path::new(output).join("pkg"))
}

fn build(compiled: &Path, style: &Path, wasm_opt: &Path, package: &Path) -> Result<()> {
    // Nothing of an earlier build may be left to be carried along.
    if package.exists() {
        fs::remove_dir_all(package).with_context(|| format!("cannot empty {}", package.display()))?;
    }
    fs::create_dir_all(package).with_context(|| format!("cannot make {}", package.display()))?;

    style::write(style, package, NAME)?;
    bindings::write(compiled, wasm_opt, package, NAME)?;

    let mut out = std::io::stdout().lock();
    for sizes in compress::folder(package)? {
        writeln!(out, "{sizes}").context("cannot print the sizes")?;
    }
    Ok(())
}
