//! Builds the site that the server embeds, from the compiled WebAssembly and the style sheets.
//!
//! `site COMPILED.wasm STYLE_FOLDER WASM_OPT OUTPUT_FOLDER` fills the output folder's `pkg` with the script, the
//! WebAssembly, the style sheet and the pictures, each with its compressed copies, and prints their sizes. It does not
//! compile Rust and needs no network.

mod bindings;
mod compress;
mod style;

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Base name of the built files; the server's `output_name` must be the same.
const NAME: &str = "smart-balancer";

fn main() -> Result<()> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [compiled, style, wasm_opt, output] = arguments.as_slice() else {
        bail!("usage: site COMPILED.wasm STYLE_FOLDER WASM_OPT OUTPUT_FOLDER");
    };
    build(compiled.as_ref(), style.as_ref(), wasm_opt.as_ref(), &Path::new(output).join("pkg"))
}

fn build(compiled: &Path, style: &Path, wasm_opt: &Path, package: &Path) -> Result<()> {
    // The server embeds whatever is in the folder, so nothing may be left of an earlier build.
    if package.exists() {
        fs::remove_dir_all(package).with_context(|| format!("cannot empty {}", package.display()))?;
    }
    fs::create_dir_all(package).with_context(|| format!("cannot create {}", package.display()))?;

    style::write(style, package, NAME)?;
    bindings::write(compiled, wasm_opt, package, NAME)?;

    let mut out = std::io::stdout().lock();
    for sizes in compress::folder(package)? {
        writeln!(out, "{sizes}").context("cannot print the sizes")?;
    }
    Ok(())
}
