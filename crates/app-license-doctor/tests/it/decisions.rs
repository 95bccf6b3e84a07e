//! Rules about what the npm package answers: decisions, promises, hints.

use app_license_doctor::Finding;

use crate::common::{findings, folder};

const CHECK: &str = "import { FeatureMap, check } from \"@app-license/sdk\";\n";
const FORGE: &str = "import { check, getLicense } from \"@app-license/sdk/forge\";\n";
const HOOK: &str = "import { useLicense } from \"@app-license/sdk/react\";\n";
const RESOLVER: &str =
    "import Resolver from \"@forge/resolver\";\nimport { License } from \"@app-license/sdk\";\n";

/// The codes of what is found in a file, without what is only worth knowing.
fn codes(head: &str, code: &str) -> Vec<&'static str> {
    let app = folder([("src/index.tsx", &*format!("{head}{code}"))]);
    let found = findings(app.path());
    let codes = found.iter().map(Finding::code);
    codes.filter(|code| *code != "only_active_read").collect()
}

#[test]
fn a_decision_is_no_condition() {
    for (head, code) in [
        (
            CHECK,
            "export const f = (l) => { if (check(l, { requires: \"capabilityAdvanced\" })) { go(); } };",
        ),
        (
            CHECK,
            "export const f = (l) => check(l, { requires: \"capabilityAdvanced\" }) ? 1 : 2;",
        ),
        (
            CHECK,
            "export const f = (l) => { if (!check(l, { requires: \"capabilityAdvanced\" })) { throw new Error(); } };",
        ),
        (
            CHECK,
            "export const f = (l) => <p>{check(l, { requires: \"capabilityAdvanced\" }) && <b>x</b>}</p>;",
        ),
        (
            CHECK,
            "export const f = (l, on) => { if (on && check(l, { requires: \"capabilityAdvanced\" })) { go(); } };",
        ),
        (
            CHECK,
            "export const f = (l) => Boolean(check(l, { requires: \"capabilityAdvanced\" }));",
        ),
        (
            CHECK,
            "export const f = (l) => { const d = check(l, { requires: \"capabilityAdvanced\" }); if (!d) { throw new Error(); } };",
        ),
        (
            CHECK,
            "const features = new FeatureMap({ features: { a: \"standard\" } }); export const f = (l) => features.check(\"a\", l) ? 1 : 2;",
        ),
        (
            CHECK,
            "const map = new FeatureMap({ features: { a: \"standard\" } }); export const f = (l) => map.check(\"a\", l) ? 1 : 2;",
        ),
        (
            CHECK,
            "import { features } from \"./editions.js\"; export const f = (l) => { while (features.check(\"a\", l)) { go(); } };",
        ),
        (
            CHECK,
            "const may = (l) => check(l, { requires: \"capabilityAdvanced\" }); export const f = (l) => may(l) ? 1 : 2;",
        ),
        (
            CHECK,
            "function may(l) { return check(l, { requires: \"capabilityAdvanced\" }); } export const f = (l) => { if (may(l)) { go(); } };",
        ),
        (
            CHECK,
            "export const f = (l, rows) => rows.filter((row) => check(l, { requires: row.needs }));",
        ),
        (
            FORGE,
            "const may = async (c) => check(await getLicense(c), { requires: \"capabilityAdvanced\" }); export const f = async (_e, c) => { if (await may(c)) { await go(); } };",
        ),
        (
            FORGE,
            "export const f = async (_e, c) => { if (check(await getLicense(c), { requires: \"capabilityAdvanced\" })) { await go(); } };",
        ),
        (
            HOOK,
            "export const F = () => { const { decide } = useLicense(); return decide({ requires: \"capabilityAdvanced\" }) ? <b>x</b> : null; };",
        ),
        (
            "const { check } = require(\"@app-license/sdk\");\n",
            "exports.f = (l) => { if (check(l, { requires: \"capabilityAdvanced\" })) { go(); } };",
        ),
    ] {
        assert_eq!(codes(head, code), ["decision_as_condition"], "{code}");
    }
    for (head, code) in [
        (
            CHECK,
            "export const f = (l) => { if (check(l, { requires: \"capabilityAdvanced\" }).allowed) { go(); } };",
        ),
        (
            CHECK,
            "export const f = (l) => { const d = check(l, { requires: \"capabilityAdvanced\" }); return d.allowed ? 1 : d.reason; };",
        ),
        (
            CHECK,
            "export const f = (l) => { const { allowed } = check(l, { requires: \"capabilityAdvanced\" }); return allowed ? 1 : 2; };",
        ),
        (
            CHECK,
            "export const f = (l) => { let d; if (l) { d = check(l, { requires: \"capabilityAdvanced\" }); } return d && d.allowed ? 1 : 2; };",
        ),
        (
            CHECK,
            "const may = (l) => check(l, { requires: \"capabilityAdvanced\" }).allowed; export const f = (l) => may(l) ? 1 : 2;",
        ),
        (
            CHECK,
            "export const f = (l, rows) => rows.filter((row) => check(l, { requires: row.needs }).allowed);",
        ),
        (
            CHECK,
            "export const f = (l, rows) => rows.map((row) => check(l, { requires: row.needs }));",
        ),
        (
            CHECK,
            "export const f = (form) => { if (form.check()) { go(); } };",
        ),
        (
            FORGE,
            "export const f = async (_e, c) => ((await may(c)).allowed ? 1 : 2);",
        ),
        (
            HOOK,
            "export const F = () => { const { decide } = useLicense(); const d = decide({ requires: \"capabilityAdvanced\" }); return d ? <b>{String(d.allowed)}</b> : null; };",
        ),
        (
            "import { check } from \"./validation.js\";\n",
            "export const f = (v) => { if (check(v)) { go(); } };",
        ),
        (
            "import { License } from \"@app-license/sdk\";\n",
            "const check = (v) => v > 1; export const f = (v) => { if (check(v)) { go(); } };",
        ),
    ] {
        assert_eq!(codes(head, code), Vec::<&str>::new(), "{code}");
    }
}

#[test]
fn a_license_is_awaited() {
    for code in [
        "export const f = async (_e, c) => { if (getLicense(c).state === \"active\") { await go(); } };",
        "export const f = async (_e, c) => check(getLicense(c), { requires: \"capabilityAdvanced\" }).allowed;",
        "export const f = async (_e, c) => getLicense(c)?.hasCapability(\"capabilityAdvanced\");",
    ] {
        assert_eq!(codes(FORGE, code), ["license_not_awaited"], "{code}");
    }
    for code in [
        "export const f = async (_e, c) => (await getLicense(c)).state === \"active\";",
        "export const f = async (_e, c) => check(await getLicense(c), { requires: \"capabilityAdvanced\" }).allowed;",
        "export const f = (_e, c) => getLicense(c).then((l) => l.state);",
        "export const f = (_e, c) => getLicense(c)\n  .catch(() => null);",
        "export const f = (_e, c) => getLicense(c);",
        "export const f = async (_e, c) => { const asked = getLicense(c); await go(); return (await asked).state; };",
        "export const f = async (_e, c) => Promise.all([getLicense(c), go()]);",
    ] {
        assert_eq!(codes(FORGE, code), Vec::<&str>::new(), "{code}");
    }
    let other = "import { getLicense } from \"./spdx.js\";\n";
    let code = "export const f = (p) => getLicense(p).id;";
    assert_eq!(codes(other, code), Vec::<&str>::new());
}

#[test]
fn a_resolver_reads_no_hint() {
    for code in [
        "r.define(\"a\", ({ context }) => License.fromForgeContext(context).state);",
        "r.define(\"a\", async (req) => { const l = License.fromForgeContext(req.context); return l.state; });",
    ] {
        assert_eq!(codes(RESOLVER, code), ["hint_in_function"], "{code}");
    }
    for code in [
        "r.define(\"a\", ({ context }) => License.fromFunctionContext(context).state);",
        "r.define(\"a\", ({ payload }) => { log(License.fromForgeContext(payload.context).state); });",
        "export const page = async () => License.fromForgeContext(await view.getContext()).state;",
    ] {
        assert_eq!(codes(RESOLVER, code), Vec::<&str>::new(), "{code}");
    }
}

#[test]
fn a_trigger_beside_resolvers_that_ask() {
    let manifest = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n  licensing: {enabled: true}\nmodules:\n  scheduledTrigger:\n    - {key: n, function: n, interval: day}\n  function:\n    - {key: n, handler: index.nightly}\n    - {key: r, handler: index.handler}\n";
    let asking = "import { check, getLicense } from \"@app-license/sdk/forge\";\nexport const handler = async ({ context }) => check(await getLicense(context), { requires: \"capabilityStandard\" }).allowed;\nconst paid = async (c) => (await getLicense(c)).state === \"active\";\n";
    for (nightly, expected) in [
        ("export const nightly = async () => { await report(); };", 1),
        ("export async function nightly() { await report(); }", 1),
        (
            "export const nightly = async (_e, c) => { if (await paid(c)) { await report(); } };",
            0,
        ),
        (
            "const run = async (c) => paid(c); export const nightly = (_e, c) => run(c);",
            0,
        ),
        (
            "import { report } from \"./report.js\"; export const nightly = async () => report();",
            0,
        ),
        (
            "import { rows } from \"./rows.js\"; export const nightly = async () => rows();",
            1,
        ),
        (
            "export const nightly = requires(\"capabilityStandard\", async () => report());",
            0,
        ),
        ("export const nightly = wrapped(async () => report());", 0),
    ] {
        let app = folder([
            ("manifest.yml", manifest),
            ("src/index.js", &*format!("{asking}{nightly}")),
            (
                "src/report.js",
                "import { License } from \"@app-license/sdk\";\nexport const report = (c) => License.fromFunctionContext(c).hasCapability(\"capabilityStandard\");",
            ),
            ("src/rows.js", "export const rows = () => [1];"),
        ]);
        let found = findings(app.path());
        let named = found
            .iter()
            .filter(|f| f.code() == "scheduled_trigger_unlicensed");
        assert_eq!(named.count(), expected, "{nightly}");
    }
}
