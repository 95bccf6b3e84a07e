//! Telling what a case is by the fields it has.

use super::{
    Case, Checks, Outcome, conditions, connect_license, decisions, forge, forge_api, iframe,
    invocation, lifecycle, manifest, perimeters, qsh, readings, requests, tokens,
};

type Run = fn(&Case<'_>) -> Outcome;

struct Shape {
    fits: fn(&Case<'_>) -> bool,
    run: Run,
}

/// The first that fits is taken.
const SHAPES: &[Shape] = &[
    Shape {
        fits: |c| c.has_all(&["source", "policy"]),
        run: decisions::decision,
    },
    Shape {
        fits: |c| c.has("cloud") && (c.has("site") || c.has("key_urls")),
        run: perimeters::site,
    },
    Shape {
        fits: |c| c.has_all(&["descriptor", "base_urls"]),
        run: perimeters::base_urls,
    },
    Shape {
        fits: |c| c.has_all(&["app", "ari"]),
        run: perimeters::app_id,
    },
    Shape {
        fits: |c| c.group == "fragments",
        run: manifest::fragment,
    },
    Shape {
        fits: |c| c.has_all(&["given", "when"]) || c.has("steps"),
        run: |_| Outcome::Prose,
    },
    Shape {
        fits: |c| c.has("signed_url"),
        run: tokens::signed_url,
    },
    Shape {
        fits: |c| c.has_all(&["request", "endpoint"]),
        run: requests::request,
    },
    Shape {
        fits: |c| c.has("jwks"),
        run: invocation::request,
    },
    Shape {
        fits: |c| c.has("claims"),
        run: invocation::claims,
    },
    Shape {
        fits: |c| c.has("token") && !c.has("endpoint_kind"),
        run: tokens::lifecycle,
    },
    Shape {
        fits: |c| c.has_all(&["token", "endpoint_kind"]),
        run: tokens::symmetric,
    },
    Shape {
        fits: |c| c.has_all(&["method", "target"]),
        run: qsh::canonical,
    },
    Shape {
        fits: |c| c.has_all(&["method", "url"]) && (c.has("canonical") || c.has("qsh")),
        run: qsh::vector,
    },
    Shape {
        fits: |c| c.has("query"),
        run: iframe::query,
    },
    Shape {
        fits: |c| c.has("http_status") && (c.has("lic") || c.has("expect_allowed")),
        run: readings::lic_and_rest,
    },
    Shape {
        fits: |c| c.has("http_status"),
        run: connect_license::answer,
    },
    Shape {
        fits: |c| c.has_all(&["json", "surface"]),
        run: readings::object,
    },
    Shape {
        fits: |c| c.has("json"),
        run: conditions::round_trip,
    },
    Shape {
        fits: |c| c.has_all(&["license", "surface"]),
        run: forge::license_object,
    },
    Shape {
        fits: |c| c.has_all(&["context", "surface"]),
        run: forge::context,
    },
    Shape {
        fits: |c| c.has("input") && c.has("expect"),
        run: conditions::inline,
    },
    Shape {
        fits: |c| c.has("app_status"),
        run: conditions::remote,
    },
    Shape {
        fits: |c| c.has("license_exists"),
        run: conditions::licensed,
    },
    Shape {
        fits: |c| c.has_all(&["conditions", "env"]),
        run: conditions::evaluation,
    },
    Shape {
        fits: |c| c.has_all(&["event", "payload"]),
        run: forge::event,
    },
    Shape {
        fits: |c| c.get("status").is_some_and(serde_json::Value::is_u64),
        run: forge_api::response,
    },
    Shape {
        fits: |c| c.has("method") && (c.has("path") || c.has("url")),
        run: forge_api::request,
    },
    Shape {
        fits: |c| c.has("body") && c.has("expect"),
        run: lifecycle::body,
    },
];

/// How to run a case, if its shape is known.
pub(super) fn of(case: &Case<'_>) -> Option<Run> {
    SHAPES
        .iter()
        .find(|shape| (shape.fits)(case))
        .map(|shape| shape.run)
}

/// A case of no known shape in a file that has others.
pub(super) fn unknown(case: &Case<'_>) -> Outcome {
    let keys: Vec<_> = case.fields.keys().map(String::as_str).collect();
    let mut checks = Checks::default();
    checks.holds("shape", false, "a known shape", keys.join(", "));
    checks.outcome()
}
