//! Calls of functions in the journal, beside what the app was told.

use app_license::forge::UserAccess as Access;
use app_license::{License, Verified};
use app_license_testkit::Tenant;
use serde_json::{Value, json};

use super::ForgeApp;
use super::functions::Outcome;
use crate::journal::{AppResponse, DeliveredRequest, Entry};
use crate::user_access::UserAccess;

impl ForgeApp {
    /// Keeps what a function was given, what that proves, and what came of it.
    pub(super) fn record_call(
        &self,
        tenant: &Tenant,
        name: &str,
        args: &[Value],
        outcome: &Outcome,
    ) {
        let answer = match outcome {
            Outcome::Returned(value) => AppResponse::new(Some(200), value.to_string()),
            Outcome::Failed { message, stack } => {
                AppResponse::new(Some(500), format!("{message}\n{stack}"))
            }
        };
        let context = args.last().unwrap_or(&Value::Null);
        let inspected = self.lab.explain_text(context.to_string().as_bytes());
        let site = tenant.site();
        self.lab.record_entry(Entry {
            name: "function".to_owned(),
            delivered: Some(DeliveredRequest {
                method: "CALL",
                url: format!("function:{name}"),
                curl: String::new(),
                body: json!(args),
                token: Value::Null,
                inspected: inspected.unwrap_or_default(),
                verified: self.decided(site.name(), context),
            }),
            answer: Some(answer),
            ..self
                .lab
                .entry(Some(site.name()), &format!("the function {name} is called"))
        });
    }

    /// What the platform's own half of a function's arguments grants.
    fn decided(&self, site: &str, context: &Value) -> Value {
        let read = License::from_forge_function_context(context.to_string().as_bytes());
        let license = match read {
            Ok(license) => license,
            Err(error) => {
                return json!({"error": {"code": error.code(), "message": error.to_string()}});
            }
        };
        let denied = self.lab.access(site) == UserAccess::Denied;
        let license = license.with_user_access(denied.then_some(Access::UNREADABLE));
        let state = license.state().name();
        // the lab is the platform here: it has just written the license itself
        let license = Verified::dangerous_assume(license);
        let (rules, now) = (&self.lab.rules, self.lab.host.clock().now());
        let decisions = rules.decisions(&|needs| license.decide(&rules.policy, needs, now));
        json!({
            "verdict": "accepted",
            "proved": {"license": state},
            "decisions": decisions,
        })
    }
}
