//! The file that reports are written into, one after the other.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::error::{Error, ErrorKind};

/// A file, and where in it the report at hand begins.
#[derive(Debug)]
pub(super) struct Target<'p> {
    file: File,
    path: &'p Path,
    start: u64,
}

impl<'p> Target<'p> {
    /// A file of its own, empty.
    pub(super) fn create(path: &'p Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|source| failed(path, source))?;
        let start = 0;
        Ok(Self { file, path, start })
    }

    /// Another report begins here.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        let end = self.file.stream_position();
        self.start = end.map_err(|source| failed(self.path, source))?;
        Ok(())
    }

    /// The report at hand comes from its start again.
    pub(super) fn again(&mut self) -> Result<(), Error> {
        self.file
            .set_len(self.start)
            .and_then(|()| self.file.seek(SeekFrom::Start(self.start)))
            .map(drop)
            .map_err(|source| failed(self.path, source))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(bytes);
        written.map_err(|source| failed(self.path, source))
    }

    /// The report at hand is whole: it is on disk, and a line ends.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        self.write(b"\n")?;
        let synced = self.file.sync_all();
        synced.map_err(|source| failed(self.path, source))
    }
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    let path = path.to_owned();
    ErrorKind::Write { path, source }.into()
}
