//! The mail address and the token, which is never shown.

use std::fmt;
use std::path::Path;

use super::error::{Error, ErrorKind};

/// The mail address of an account, and an API token of it.
///
/// ```
/// use app_license_marketplace::report::client::Credentials;
/// let credentials = Credentials::new("vendor@example.com", "secret");
/// assert!(!format!("{credentials:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    email: String,
    token: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// The variable with the mail address.
    pub const EMAIL: &str = "ATLASSIAN_EMAIL";
    /// The variable with the token.
    pub const TOKEN: &str = "ATLASSIAN_API_TOKEN";

    /// These ones.
    pub fn new(email: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            token: token.into(),
        }
    }

    /// Those of the environment: [`EMAIL`](Self::EMAIL) and [`TOKEN`](Self::TOKEN).
    ///
    /// # Errors
    ///
    /// When one of them is not set.
    pub fn from_env() -> Result<Self, Error> {
        let read = |name: &str| {
            std::env::var(name)
                .ok()
                .filter(|value| !value.is_empty())
                .ok_or_else(|| {
                    let why = format!("set {} and {}, or name a file", Self::EMAIL, Self::TOKEN);
                    Error::from(ErrorKind::Credentials { why })
                })
        };
        Ok(Self::new(read(Self::EMAIL)?, read(Self::TOKEN)?))
    }

    /// Those of a file with one line `email:token`, which nobody but its owner can read.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, can be read by others, or has no such line.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let wrong = |why: String| Error::from(ErrorKind::Credentials { why });
        let shown = path.display();
        // one handle, so that what is looked at is what is read
        let mut file = std::fs::File::open(path)
            .map_err(|error| wrong(format!("cannot read `{shown}`: {error}")))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let about = file.metadata();
            let about = about.map_err(|error| wrong(format!("cannot read `{shown}`: {error}")))?;
            let mode = about.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(ErrorKind::OpenFile {
                    path: path.to_owned(),
                    mode,
                }
                .into());
            }
        }
        let mut text = String::new();
        std::io::Read::read_to_string(&mut std::io::Read::take(&mut file, 4096), &mut text)
            .map_err(|error| wrong(format!("cannot read `{shown}`: {error}")))?;
        let (email, token) = text
            .trim()
            .split_once(':')
            .filter(|(email, token)| email.contains('@') && !token.trim().is_empty())
            .ok_or_else(|| wrong(format!("`{shown}` has no line `email:token`")))?;
        Ok(Self::new(email.trim(), token.trim()))
    }

    pub(super) fn sign(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.basic_auth(&self.email, Some(&self.token))
    }
}
