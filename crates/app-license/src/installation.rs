//! An installation of the app on one site, and how events change it.
