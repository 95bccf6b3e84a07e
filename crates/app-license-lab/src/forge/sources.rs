//! Where the pages of each resource come from.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::config::ForgeConfig;
use super::files::Folder;
use super::manifest::AppManifest;
use super::pages::{Server, Source};
use crate::error::Error;

/// One page and one function, named as everybody names them.
pub(super) fn without_manifest(config: &ForgeConfig) -> AppManifest {
    let mut modules = json!({"function": [{"key": "resolver", "handler": "index.handler"}]});
    if config.custom_ui.is_some()
        && let Some(fields) = modules.as_object_mut()
    {
        let page = json!({
            "key": "page", "title": "Page", "resource": "main",
            "resolver": {"function": "resolver"},
        });
        fields.insert("jira:globalPage".to_owned(), json!([page]));
    }
    // reading what stands above does not fail
    AppManifest::read(&json!({"modules": modules})).unwrap_or_default()
}

/// The number of each resource's folder, and where the pages come from.
pub(super) type Sources = (BTreeMap<String, usize>, Option<Arc<Source>>);

/// Where the pages of each resource come from.
pub(super) fn sources(config: &ForgeConfig, manifest: &AppManifest) -> Result<Sources, Error> {
    let shown = manifest.pages.iter().filter(|page| !page.native);
    let mut keys: Vec<&str> = shown.map(|page| &*page.resource).collect();
    keys.sort_unstable();
    keys.dedup();
    let given = config.custom_ui.as_deref();
    if let Some(url) = given.filter(|it| it.contains("://")) {
        return Ok((
            BTreeMap::new(),
            Some(Arc::new(Source::Server(Server::new(url)?))),
        ));
    }
    if keys.is_empty() {
        if given.is_some() {
            let what = "the manifest has no module with a Custom UI page";
            return Err(Error::Option(what.to_owned()));
        }
        return Ok((BTreeMap::new(), None));
    }
    let path_of = |key: &str| {
        let found = manifest.resources.iter().find(|it| it.key == key);
        found.map(|found| config.root.join(&found.path))
    };
    let mut folders = Vec::new();
    let mut numbers = BTreeMap::new();
    let given = given
        .map(|path| Folder::open(Path::new(path)))
        .transpose()?;
    let only = keys.len() == 1;
    let mut used = false;
    for key in keys {
        let own = path_of(key);
        let same = |given: &Folder| {
            own.as_ref()
                .and_then(|own| own.canonicalize().ok())
                .is_some_and(|own| own == given.root())
        };
        let folder = match (&given, own.as_ref()) {
            (Some(given), _) if only || same(given) => {
                used = true;
                given.clone()
            }
            (_, Some(own)) => Folder::open(own)?,
            (_, None) => {
                return Err(Error::Option(format!(
                    "the manifest has no resource `{key}`, which a module names"
                )));
            }
        };
        numbers.insert(key.to_owned(), folders.len());
        folders.push(folder);
    }
    // what only a modal shows may not be built yet
    for other in &manifest.resources {
        if !numbers.contains_key(&other.key)
            && let Ok(folder) = Folder::open(&config.root.join(&other.path))
        {
            numbers.insert(other.key.clone(), folders.len());
            folders.push(folder);
        }
    }
    if given.is_some() && !used {
        return Err(Error::Option(
            "the manifest has several resources, and none of them is that folder: leave \
             --custom-ui out, and each is served from its own path"
                .to_owned(),
        ));
    }
    Ok((numbers, Some(Arc::new(Source::Folders(folders)))))
}
