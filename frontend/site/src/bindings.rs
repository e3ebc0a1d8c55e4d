//! Generates the script that loads the WebAssembly, and shrinks the WebAssembly.
//!
//! `wasm-bindgen` is linked as a library, so that its version matches that of the compiled crate.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

/// Writes `NAME.js` and `NAME_bg.wasm`, the names that pages load.
pub(crate) fn write(compiled: &Path, wasm_opt: &Path, package: &Path, name: &str) -> Result<()> {
    Bindgen::new()
        .input_path(compiled)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .remove_producers_section(true)
        .generate(package)
        .with_context(|| format!("cannot generate bindings for {}", compiled.display()))?;

    let wasm = package.join(format!("{name}_bg.wasm"));
    // The compiler lists the features that it used in a section of the file, where wasm-opt finds them.
    let status = Command::new(wasm_opt)
        // Flat code, built up again and optimised anew, takes 20 s and saves 1.5 % of what goes over the wire.
        .args(["-Oz", "--flatten", "--rereloop", "-Oz", "-Oz", "--strip-debug", "--strip-target-features"])
        .arg(&wasm)
        .arg("-o")
        .arg(&wasm)
        .status()
        .with_context(|| format!("cannot run {}", wasm_opt.display()))?;
    ensure!(status.success(), "{} failed: {status}", wasm_opt.display());
    Ok(())
}
