//! Atlassian Forge: invocation tokens, contexts, License API, lifecycle, manifest.
