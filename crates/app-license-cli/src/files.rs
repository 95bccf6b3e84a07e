//! Files that options name: whether they are there, and how they are written.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::CliError;

/// Whether a file or folder that an option names is there.
#[cfg(any(feature = "doctor", feature = "editions"))]
pub(crate) fn must_exist(path: &Path) -> Result<(), CliError> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(unreadable(path, source)),
    }
}

/// Opens a file to read it.
pub(crate) fn open(path: &Path) -> Result<File, CliError> {
    must_be_readable(path)?;
    File::open(path).map_err(|source| unreadable(path, source))
}

/// Whether a path is there, and no pipe or device that would be waited for, for ever perhaps. What a
/// shell opened for this program (`<(command)`) is read; opening a folder says that it is one.
pub(crate) fn must_be_readable(path: &Path) -> Result<(), CliError> {
    let opened = ["/dev/fd", "/proc/self/fd", "/dev/stdin"];
    let found = std::fs::metadata(path).map_err(|source| unreadable(path, source))?;
    if found.is_file() || found.is_dir() || opened.iter().any(|it| path.starts_with(it)) {
        return Ok(());
    }
    let why = "it is no regular file";
    let why = std::io::Error::new(std::io::ErrorKind::InvalidInput, why);
    Err(unreadable(path, why))
}

fn unreadable(path: &Path, source: std::io::Error) -> CliError {
    CliError::Read {
        path: path.display().to_string(),
        source,
    }
}

/// Writes a file.
#[cfg(any(feature = "doctor", feature = "editions"))]
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), CliError> {
    std::fs::write(path, text).map_err(|source| CliError::WriteFile {
        path: path.display().to_string(),
        source,
    })
}

/// Whether a file that is going to be written is there already. It must be a regular file, and none
/// of those that are read.
#[cfg(feature = "editions")]
pub(crate) fn is_there(output: &Path, inputs: &[&Path]) -> Result<bool, CliError> {
    let shown = output.display();
    let found = match std::fs::metadata(output) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(source) => {
            return Err(CliError::Read {
                path: shown.to_string(),
                source,
            });
        }
    };
    if !found.is_file() {
        return Err(CliError::Option(format!(
            "`{shown}` is no regular file; without --output the text is printed"
        )));
    }
    if inputs.iter().any(|input| is_same_file(output, input)) {
        return Err(CliError::Option(format!(
            "`{shown}` is the input: it would be overwritten"
        )));
    }
    Ok(true)
}

/// Whether two paths lead to one file.
#[cfg(feature = "editions")]
fn is_same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if let (Ok(a), Ok(b)) = (std::fs::metadata(a), std::fs::metadata(b))
            && (a.dev(), a.ino()) == (b.dev(), b.ino())
        {
            return true;
        }
    }
    match (std::fs::canonicalize(a), std::fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Whether a file holds this text; line ends of either kind are the same.
#[cfg(feature = "editions")]
pub(crate) fn holds(path: &Path, text: &str) -> Result<bool, CliError> {
    // with `\r\n` a text is twice as long, at most
    match read_file(path, text.len().saturating_mul(2)) {
        Ok(bytes) => {
            let lines = |text: &str| text.replace("\r\n", "\n");
            Ok(std::str::from_utf8(&bytes).is_ok_and(|found| lines(found) == lines(text)))
        }
        Err(CliError::TooLarge { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read_file(path: &Path, limit: usize) -> Result<Vec<u8>, CliError> {
    read_capped(&path.display().to_string(), &mut open(path)?, limit)
}

pub(crate) fn read_capped(
    path: &str,
    from: &mut dyn Read,
    limit: usize,
) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let cap = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    from.take(cap)
        .read_to_end(&mut bytes)
        .map_err(|source| CliError::Read {
            path: path.to_owned(),
            source,
        })?;
    if bytes.len() > limit {
        return Err(CliError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}
