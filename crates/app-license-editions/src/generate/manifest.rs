//! The display conditions of a Forge manifest, between markers in a file that people edit.

use app_license::Edition;

use crate::editions::Editions;

/// Writes the display conditions of features into a manifest, between the comments
/// `# begin feature KEY` and `# end feature KEY`; all other lines stay as they are.
///
/// A feature of Advanced is shown to customers of Advanced. One of Standard is shown to everybody
/// with a license: the host compares editions for equality, so that a condition on Standard would
/// hide it from Advanced customers. One of Free, and one of a capability the host knows no edition
/// of, gets no condition.
///
/// What conditions hide is not protected: gate it in a backend too.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/manifest-reference/display-conditions/>
///
/// ```
/// use app_license_editions::{Editions, update_manifest};
/// let editions = Editions::from_toml("editions.toml", "[features]\nbulk-export = \"advanced\"")?;
/// let manifest = "\
/// modules:
///   jira:globalPage:
///     - key: bulk
///       ## begin feature bulk-export
///       ## end feature bulk-export
/// ";
/// let updated = update_manifest(&editions, manifest).unwrap();
/// assert!(updated.contains("          appEdition: advanced\n"));
/// assert_eq!(update_manifest(&editions, &updated).unwrap(), updated);
/// # Ok::<(), app_license_editions::Error>(())
/// ```
///
/// # Errors
/// A marker without its other half, markers inside markers, a feature that the file does not name,
/// and a manifest without any marker; the text names the line.
pub fn update_manifest(editions: &Editions, manifest: &str) -> Result<String, String> {
    let mut out = String::with_capacity(manifest.len());
    let mut open: Option<(&str, usize)> = None;
    let mut found = false;
    for (index, line) in manifest.split_inclusive('\n').enumerate() {
        let number = index.saturating_add(1);
        let text = line.trim();
        let begin = text.strip_prefix("# begin feature ").map(str::trim);
        let end = text.strip_prefix("# end feature ").map(str::trim);
        match (open, begin, end) {
            (None, Some(key), _) => {
                let edition = editions
                    .map()
                    .requirement(key)
                    .ok_or_else(|| format!("line {number}: no feature `{}`", short(key)))?
                    .edition();
                out.push_str(line);
                if !line.ends_with('\n') {
                    out.push('\n');
                }
                let indent = line.len().saturating_sub(line.trim_start().len());
                let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
                condition(&mut out, indent, edition, end);
                open = Some((key, number));
                found = true;
            }
            (Some((key, _)), _, Some(ended)) if key == ended => {
                out.push_str(line);
                open = None;
            }
            (Some((key, began)), Some(_), _) | (Some((key, began)), _, Some(_)) => {
                let key = short(key);
                return Err(format!(
                    "line {number}: expected `# end feature {key}`, which begins in line {began}"
                ));
            }
            (None, None, Some(key)) => {
                let key = short(key);
                return Err(format!(
                    "line {number}: `# end feature {key}` has no beginning"
                ));
            }
            // between markers what was there is replaced
            (Some(_), None, None) => {}
            (None, None, None) => out.push_str(line),
        }
    }
    match open {
        Some((key, began)) => Err(format!(
            "line {began}: `# begin feature {}` has no end",
            short(key)
        )),
        None if !found => Err(
            "the manifest has no `# begin feature KEY` and `# end feature KEY` to write between"
                .to_owned(),
        ),
        None => Ok(out),
    }
}

fn condition(out: &mut String, indent: usize, edition: Option<Edition>, end: &str) {
    let pad = " ".repeat(indent);
    match edition {
        None | Some(Edition::Free) => {}
        Some(Edition::Standard) => {
            out.push_str(&format!(
                "{pad}displayConditions:{end}{pad}  appIsLicensed: true{end}"
            ));
        }
        Some(edition) => {
            let name = edition.name();
            out.push_str(&format!(
                "{pad}displayConditions:{end}{pad}  and:{end}{pad}    appIsLicensed: true{end}{pad}    appEdition: {name}{end}"
            ));
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(128).collect()
}
