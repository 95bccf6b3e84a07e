//! Which glibc a program needs: the versions of the symbols that it takes from it.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use xshell::cmd;

use crate::context::Context;

/// The oldest glibc that the published program runs with: that of Debian 12, Ubuntu 22.04, RHEL 9.
pub(super) const OLDEST: Version = Version(2, 34);

/// A version of glibc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl Version {
    /// `GLIBC_2.34`, `(GLIBC_2.2.5)`
    fn read(word: &str) -> Option<Self> {
        let word = word.trim_matches(['(', ')']).strip_prefix("GLIBC_")?;
        let mut numbers = word.split('.').map(str::parse);
        Some(Self(numbers.next()?.ok()?, numbers.next()?.ok()?))
    }
}

/// Fails when `program` needs a newer glibc than [`OLDEST`], naming the symbols.
pub(super) fn check(context: &Context, program: &Path) -> Result<()> {
    let symbols = cmd!(context.sh, "objdump -T {program}")
        .quiet()
        .read()
        .context("cannot read the symbols of the program: objdump is part of binutils")?;
    let newest = newest(&symbols).context("the program takes nothing from glibc")?;
    let too_new = newer_than(&symbols, OLDEST);
    ensure!(
        too_new.is_empty(),
        "the program needs glibc {newest}, and it must run with {OLDEST}: {}",
        too_new.join(", ")
    );
    println!("the program needs glibc {newest}");
    Ok(())
}

fn newest(symbols: &str) -> Option<Version> {
    versioned(symbols).map(|(version, _)| version).max()
}

fn newer_than(symbols: &str, oldest: Version) -> Vec<&str> {
    versioned(symbols)
        .filter(|(version, _)| *version > oldest)
        .map(|(_, name)| name)
        .collect()
}

/// The symbols of glibc. Weak ones count too: they may be missing, their version may not.
fn versioned(symbols: &str) -> impl Iterator<Item = (Version, &str)> {
    symbols.lines().filter_map(|line| {
        let mut words = line.split_whitespace().rev();
        let name = words.next()?;
        Some((Version::read(words.next()?)?, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYMBOLS: &str = "\
app-license:     file format elf64-x86-64

DYNAMIC SYMBOL TABLE:
0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.2.5) memcpy
0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.34) __libc_start_main
0000000000000000  w   D  *UND*\t0000000000000000  Base        __gmon_start__
0000000000000000      DF *UND*\t0000000000000000 (GCC_3.0)   _Unwind_Resume
0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.4) __stack_chk_fail
";

    #[test]
    fn the_newest_version_counts_by_number_not_by_text() {
        assert_eq!(newest(SYMBOLS), Some(Version(2, 34)));
        assert_eq!(newer_than(SYMBOLS, OLDEST), [""; 0]);
    }

    #[test]
    fn a_newer_symbol_is_named() {
        let line = "0000000000000000  w   DF *UND*\t0000000000000000 (GLIBC_2.39) pidfd_spawnp\n";
        let symbols = format!("{SYMBOLS}{line}");
        assert_eq!(newer_than(&symbols, OLDEST), ["pidfd_spawnp"]);
    }

    #[test]
    fn a_program_without_glibc_is_none_for_it() {
        assert_eq!(newest("DYNAMIC SYMBOL TABLE:\nno symbols\n"), None);
    }
}
