//! Compresses the files of the site at build time, so that the server never has to.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Sizes of a file in bytes: as it is and in each encoding.
pub(crate) struct Sizes {
    file: PathBuf,
    plain: usize,
    gzip: usize,
    brotli: usize,
}

impl fmt::Display for Sizes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, plain, gzip, brotli } = self;
        write!(out, "{:<40} {plain:>8} B, gzip {gzip:>7} B, brotli {brotli:>7} B", file.display())
    }
}

/// Writes a `.br` and a `.gz` copy of every file in the folder, at any depth.
pub(crate) fn folder(folder: &Path) -> Result<Vec<Sizes>> {
    let mut sizes = Vec::new();
    for file in files_below(folder)? {
        let plain = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let brotli = brotli(&plain).context("cannot compress with brotli")?;
        let gzip = gzip(&plain).context("cannot compress with gzip")?;
        write_beside(&file, "br", &brotli)?;
        write_beside(&file, "gz", &gzip)?;
        sizes.push(Sizes { plain: plain.len(), gzip: gzip.len(), brotli: brotli.len(), file });
    }
    Ok(sizes)
}

/// Returns all files in the folder, at any depth, sorted by path.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

fn brotli(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, size_hint: plain.len(), ..Default::default() };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut &*plain, &mut small, &parameters)?;
    Ok(small)
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

fn write_beside(file: &Path, ending: &str, bytes: &[u8]) -> Result<()> {
    let mut path = file.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::Read as _;

    #[test]
    fn compressed_copies_decompress_to_the_same_bytes() {
        let plain = b"smart balancer, smart balancer, smart balancer".repeat(50);

        let mut decompressed = Vec::new();
        brotli::BrotliDecompress(&mut &*super::brotli(&plain).unwrap(), &mut decompressed).unwrap();
        assert_eq!(decompressed, plain);

        let mut decompressed = Vec::new();
        flate2::read::GzDecoder::new(&*super::gzip(&plain).unwrap()).read_to_end(&mut decompressed).unwrap();
        assert_eq!(decompressed, plain);
    }
}
