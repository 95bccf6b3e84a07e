//! The Content Security Policy of the app's pages: the platform's default, what the manifest adds,
//! or the relaxed one of a development server.

use serde_json::Value;

use crate::pages::DEFAULT_POLICY;

/// The most sources that a manifest adds.
const MAX_SOURCES: usize = 100;
/// What a development server of pages needs: inline styles and scripts, its own socket.
const RELAXED: [(&str, &str); 5] = [
    ("script-src", "'unsafe-inline' 'unsafe-eval' blob:"),
    ("style-src", "'unsafe-inline'"),
    ("img-src", "blob:"),
    ("font-src", "'self' data:"),
    ("worker-src", "'self' blob:"),
];
/// Where the manifest states sources, and the directive they are for.
const STATED: [(&str, &str); 9] = [
    ("/content/scripts", "script-src"),
    ("/content/styles", "style-src"),
    ("/external/scripts", "script-src"),
    ("/external/styles", "style-src"),
    ("/external/images", "img-src"),
    ("/external/fonts", "font-src"),
    ("/external/media", "media-src"),
    ("/external/frames", "frame-src"),
    ("/external/fetch/client", "connect-src"),
];

/// A policy and what it is called.
#[derive(Debug, Clone)]
pub(super) struct PagePolicy {
    pub(super) name: &'static str,
    pub(super) header: String,
}

/// What the platform serves the app's pages with.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/manifest-reference/permissions/>
pub(super) fn of_manifest(permissions: &Value) -> PagePolicy {
    let mut header = DEFAULT_POLICY.to_owned();
    let mut name = "the platform's default policy";
    for (path, directive) in STATED {
        let sources = sources(permissions.pointer(path));
        if !sources.is_empty() {
            header = with(&header, directive, &sources);
            name = "the platform's default policy with what the manifest's permissions add";
        }
    }
    PagePolicy { name, header }
}

/// The policy of a development server; its socket is on the server's own port.
pub(super) fn of_server(permissions: &Value, origin: &str) -> PagePolicy {
    let mut header = of_manifest(permissions).header;
    for (directive, sources) in RELAXED {
        header = with(&header, directive, sources);
    }
    let socket = origin.replacen("http", "ws", 1);
    PagePolicy {
        name: "relaxed for a development server: the platform's policy is stricter",
        header: with(&header, "connect-src", &format!("{origin} {socket}")),
    }
}

/// The sources of one place in the manifest, but for what is no source.
fn sources(stated: Option<&Value>) -> String {
    let listed = stated.and_then(Value::as_array).into_iter().flatten();
    let texts = listed.filter_map(|it| match it {
        Value::String(text) => Some(text.as_str()),
        other => other.get("address").and_then(Value::as_str),
    });
    let plain = |text: &&str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b":/.*-_+=".contains(&b);
        !text.is_empty() && text.len() <= 300 && text.bytes().all(allowed)
    };
    let quoted = |text: &str| match text {
        "unsafe-inline" | "unsafe-eval" | "unsafe-hashes" => format!("'{text}'"),
        hash if hash.starts_with("sha256-")
            || hash.starts_with("sha384-")
            || hash.starts_with("sha512-") =>
        {
            format!("'{hash}'")
        }
        host => host.to_owned(),
    };
    let all: Vec<String> = texts.filter(plain).map(quoted).take(MAX_SOURCES).collect();
    all.join(" ")
}

/// The policy with more sources in one directive.
fn with(policy: &str, directive: &str, sources: &str) -> String {
    let mut found = false;
    let mut all: Vec<String> = policy
        .split("; ")
        .map(|part| {
            if part.split(' ').next() == Some(directive) {
                found = true;
                format!("{part} {sources}")
            } else {
                part.to_owned()
            }
        })
        .collect();
    if !found {
        all.push(format!("{directive} 'self' {sources}"));
    }
    all.join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn without_permissions_it_is_the_platforms_default() {
        let policy = of_manifest(&Value::Null);
        assert_eq!(policy.header, DEFAULT_POLICY);
        assert!(!policy.header.contains("unsafe"));
    }

    #[test]
    fn the_manifest_adds_sources_and_nothing_else() {
        let permissions = json!({
            "content": {"styles": ["unsafe-inline"], "scripts": ["unsafe-eval; script-src *"]},
            "external": {"fetch": {"client": [{"address": "https://api.example.com"}]},
                         "images": ["https://*.example.com"]},
        });
        let policy = of_manifest(&permissions).header;
        assert!(
            policy.contains("style-src 'self' 'unsafe-inline'"),
            "{policy}"
        );
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(policy.contains("connect-src 'self' https://api.example.com"));
        assert!(policy.contains("img-src 'self' data: https://*.example.com"));
    }

    #[test]
    fn a_development_server_is_told_apart_by_name() {
        let policy = of_server(&Value::Null, "http://localhost:5173");
        assert!(policy.name.starts_with("relaxed"));
        assert!(policy.header.contains("ws://localhost:5173"));
        assert!(policy.header.contains("script-src 'self' 'unsafe-inline'"));
    }
}
