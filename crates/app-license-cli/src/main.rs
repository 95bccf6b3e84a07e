//! The binary `app-license`: everything is in the library.

use std::io::IsTerminal;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut io = app_license_cli::Io {
        stdin: Box::new(std::io::stdin()),
        stdin_is_terminal: std::io::stdin().is_terminal() || is_device(),
        out: &mut anstream::stdout().lock(),
        // not locked: what draws progress writes there from a thread of its own
        err: &mut anstream::stderr(),
        progress: std::io::stderr().is_terminal(),
    };
    app_license_cli::run(std::env::args_os(), &mut io).into()
}

/// Whether standard input is `/dev/null`, as where no terminal is: nothing was meant to come.
fn is_device() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        std::fs::metadata("/dev/stdin").is_ok_and(|found| found.file_type().is_char_device())
    }
    #[cfg(not(unix))]
    {
        false
    }
}
