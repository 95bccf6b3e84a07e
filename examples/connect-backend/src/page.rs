//! The page in the iframe. What it hides is refused by the backend too: a page is no proof.

use app_license_server::Decision;
use axum::http::header;
use axum::response::{Html, IntoResponse};

pub(crate) fn reports(report: &Decision, export: &Decision) -> impl IntoResponse + use<> {
    // who may frame it, and what caches and other sites may know of it, is set by the app's page headers
    let headers = [(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; script-src 'self' 'unsafe-inline' https://connect-cdn.atl-paas.net",
    )];
    let table = if report.is_allowed() {
        TABLE.to_owned()
    } else {
        // a code, never text of the request
        format!("<p>Reports need a license ({}).</p>", report.code())
    };
    let feature = if export.is_allowed() {
        EXPORT.to_owned()
    } else {
        format!(
            "<p>Export is part of the Advanced edition ({}).</p>",
            export.code()
        )
    };
    let page = PAGE.replace("{table}", &table);
    (headers, Html(page.replace("{feature}", &feature)))
}

const TABLE: &str =
    "<table><tr><td>PROJ-1</td><td>3</td></tr><tr><td>PROJ-2</td><td>5</td></tr></table>";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<title>Reports</title>
<script src="https://connect-cdn.atl-paas.net/all.js"></script>
<h1>Reports</h1>
{table}
{feature}
</html>
"#;

const EXPORT: &str = r#"<button id="export">Export</button>
<script>
  document.getElementById("export").onclick = async () => {
    const token = await AP.context.getToken();
    const answer = await fetch("/api/export", { headers: { Authorization: `JWT ${token}` } });
    alert(answer.ok ? await answer.text() : `refused: ${answer.status}`);
  };
</script>"#;
