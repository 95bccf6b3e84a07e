//! Records that cannot be read.

use app_license::InstallationRecord;
use app_license_store::StoredRecord;

use super::find::read;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{WARN, counted, one_line, paint};

/// Records that could not be read: they are counted, and the first is named.
#[derive(Debug, Default)]
pub(super) struct Unread {
    count: u64,
    /// Whose it is, and what is wrong with it.
    first: Option<String>,
}

impl Unread {
    /// A record, when it can be read.
    pub(super) fn or_read(&mut self, stored: &StoredRecord<'_>) -> Option<InstallationRecord> {
        match read(stored) {
            Ok(record) => Some(record),
            Err(error) => {
                self.count = self.count.saturating_add(1);
                self.first.get_or_insert_with(|| error.to_string());
                None
            }
        }
    }

    /// How the command ends: with an error where records could not be read, which standard error names.
    pub(super) fn end(self, io: &mut Io<'_>, exit: Exit) -> Exit {
        let Some(first) = self.first else {
            return exit;
        };
        let records = counted(self.count, "record");
        let text = one_line(format_args!(
            "{records} of the store cannot be read; {first}"
        ));
        // where standard error is closed, the exit code says it
        drop(writeln!(io.err, "{}", paint(WARN, text)));
        Exit::Error
    }
}
