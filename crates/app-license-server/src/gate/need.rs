//! What a gate may be asked for.

use app_license::{Capability, Edition};

use super::Gate;
use crate::error::BuildError;

/// What a gate needs: an [`Edition`] or a [`Capability`], which give a [`Gate`]; or a text, the name of
/// an edition or a capability string in any spelling, which gives a gate or
/// [`BuildError::UnknownCapability`].
///
/// ```
/// use app_license_server::{ConnectApp, Edition, MemoryStore};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
///     .store(MemoryStore::new())
///     .build()?;
/// let gate = app.requires(Edition::Advanced);
/// let gate = app.requires("advanced")?;
/// let gate = app.requires("capabilityAdvanced")?;
/// assert_eq!(app.requires("advancd").unwrap_err().code(), "unknown_capability");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub trait Need {
    /// A gate, or what comes of making one.
    type Gate;

    /// Makes the gate.
    #[doc(hidden)]
    fn gate(self, make: impl FnOnce(Capability) -> Gate) -> Self::Gate;
}

impl Need for Edition {
    type Gate = Gate;

    fn gate(self, make: impl FnOnce(Capability) -> Gate) -> Self::Gate {
        make(self.into())
    }
}

impl Need for Capability {
    type Gate = Gate;

    fn gate(self, make: impl FnOnce(Self) -> Gate) -> Self::Gate {
        make(self)
    }
}

impl Need for &Capability {
    type Gate = Gate;

    fn gate(self, make: impl FnOnce(Capability) -> Gate) -> Self::Gate {
        make(self.clone())
    }
}

impl Need for &str {
    type Gate = Result<Gate, BuildError>;

    fn gate(self, make: impl FnOnce(Capability) -> Gate) -> Result<Gate, BuildError> {
        let needed = Capability::needed(self);
        needed
            .map(make)
            .ok_or_else(|| BuildError::unknown_capability(self))
    }
}
