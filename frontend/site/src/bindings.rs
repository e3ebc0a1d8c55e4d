//! The script that loads the WebAssembly, and the WebAssembly itself, made small.
//!
//! `wasm-bindgen` is linked as a library, so that it is the release the crate was compiled with.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

/// Writes `NAME.js` and `NAME_bg.wasm`, the names that the page's hydration script asks for.
pub(crate) fn write(compiled: &Path, wasm_opt: &Path, package: &Path, name: &str) -> Result<()> {
    Bindgen::new()
        .input_path(compiled)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .remove_producers_section(true)
        .generate(package)
        .with_context(|| format!("cannot make the bindings of {}", compiled.display()))?;

    let wasm = package.join(format!("{name}_bg.wasm"));
    // The features that it may use stand in the file itself, written there by the compiler.
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
