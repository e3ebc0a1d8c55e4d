//! Backend by which `ServeDir` reads files that `rust_embed` carries.

use std::{
    borrow::Cow,
    future::{Ready, ready},
    io::{self, Cursor, ErrorKind, SeekFrom},
    marker::PhantomData,
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rust_embed::{EmbeddedFile, RustEmbed};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File, Metadata};

/// The files of `E`.
pub(super) struct Embedded<E>(PhantomData<fn() -> E>);

impl<E> Embedded<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E> Clone for Embedded<E> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<E: RustEmbed + 'static> Backend for Embedded<E> {
    type File = OpenFile;
    type Metadata = FileInfo;
    type OpenFuture = Ready<io::Result<OpenFile>>;
    type MetadataFuture = Ready<io::Result<FileInfo>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        ready(
            find::<E>(&path)
                .map(|file| OpenFile { info: FileInfo::new(&file), data: Cursor::new(file.data) }),
        )
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        ready(find::<E>(&path).map(|file| FileInfo::new(&file)))
    }
}

/// `ServeDir` puts `.` before every path.
fn find<E: RustEmbed>(path: &Path) -> io::Result<EmbeddedFile> {
    let name = path.strip_prefix(".").ok().and_then(Path::to_str);
    name.and_then(E::get).ok_or_else(|| ErrorKind::NotFound.into())
}

/// The bytes of a file and a position in them.
pub(super) struct OpenFile {
    data: Cursor<Cow<'static, [u8]>>,
    info: FileInfo,
}

impl File for OpenFile {
    type Metadata = FileInfo;
    type MetadataFuture<'a> = Ready<io::Result<FileInfo>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(self.info))
    }
}

impl AsyncRead for OpenFile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.data).poll_read(context, buffer)
    }
}

impl AsyncSeek for OpenFile {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.data).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.data).poll_complete(context)
    }
}

/// What `ServeDir` makes `Content-Length`, `Last-Modified` and `ETag` of.
#[derive(Clone, Copy)]
pub(super) struct FileInfo {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl FileInfo {
    fn new(file: &EmbeddedFile) -> Self {
        let seconds = file.metadata.last_modified();
        Self {
            bytes: file.data.len() as u64,
            modified: seconds.and_then(|it| moment(it, &file.metadata.sha256_hash())),
        }
    }
}

/// The second in which a file was modified, with a fraction made of its hash. `ServeDir` makes the `ETag` of length and
/// time to the nanosecond, but `rust_embed` keeps whole seconds, and a reproducible build has one for all files.
fn moment(seconds: u64, sha256: &[u8; 32]) -> Option<SystemTime> {
    let [a, b, c, d, ..] = *sha256;
    let nanoseconds = u32::from_be_bytes([a, b, c, d]) % 1_000_000_000;
    UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

impl Metadata for FileInfo {
    /// Only files are embedded.
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        self.modified.ok_or_else(|| ErrorKind::Unsupported.into())
    }

    fn len(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_same_second_and_length_differ_by_their_content() {
        let [a, b] = [[1; 32], [2; 32]].map(|sha256| moment(1_700_000_000, &sha256).unwrap());
        assert_ne!(a, b);
        for moment in [a, b] {
            assert_eq!(moment.duration_since(UNIX_EPOCH).unwrap().as_secs(), 1_700_000_000);
        }
    }
}
