//! Names of this machine.

/// What this machine is called at a port, in `Host` and in origins.
pub(crate) fn loopback_names(port: u16) -> [String; 2] {
    [format!("127.0.0.1:{port}"), format!("localhost:{port}")]
}
