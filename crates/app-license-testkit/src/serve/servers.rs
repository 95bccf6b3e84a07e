//! Where the servers are, while they run.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::fault::Service;

/// The running servers; they stop when this is dropped.
pub(crate) struct Servers {
    pub(super) addresses: BTreeMap<Option<Service>, SocketAddr>,
    pub(super) tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Servers {
    pub(crate) fn url(&self, service: Service) -> Option<String> {
        let address = self.addresses.get(&Some(service))?;
        Some(format!("http://{address}"))
    }

    pub(crate) fn gateway(&self) -> Option<SocketAddr> {
        self.addresses.get(&None).copied()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
