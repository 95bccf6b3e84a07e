//! Requests of a case.

use serde_json::Value;

use crate::file::{Exchange, Flood, Text};

/// A request before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent(pub(super) Exchange);

pub(crate) fn get(target: &str) -> Sent {
    request("GET", target)
}

pub(crate) fn post(target: &str) -> Sent {
    request("POST", target)
}

pub(crate) fn request(method: &str, target: &str) -> Sent {
    Sent(Exchange {
        method: method.to_owned(),
        target: target.to_owned(),
        ..Exchange::default()
    })
}

impl Sent {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.0.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn jwt(self, token: &str) -> Self {
        self.header("authorization", &format!("JWT {token}"))
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn query_token(mut self, token: &str) -> Self {
        let sign = if self.0.target.contains('?') {
            '&'
        } else {
            '?'
        };
        self.0.target.push_str(&format!("{sign}jwt={token}"));
        self
    }

    /// The same request at another target.
    pub(crate) fn at(mut self, target: &str) -> Self {
        target.clone_into(&mut self.0.target);
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    pub(crate) fn text(mut self, body: &str) -> Self {
        self.0.body = Some(Text::Plain(body.to_owned()));
        self.header("content-type", "application/json")
    }

    pub(crate) fn repeated(mut self, text: &str, times: usize) -> Self {
        let repeat = text.to_owned();
        self.0.body = Some(Text::Repeated { repeat, times });
        self.header("content-type", "application/json")
    }

    /// Sends it so often, each time with another key id in its token. The header of the token
    /// holds `{n}`.
    pub(crate) fn flood(mut self, count: u64, scheme: &str, header: &str, token: &str) -> Self {
        let rest = token
            .split_once('.')
            .map_or("", |(_, rest)| rest)
            .to_owned();
        let header = header.to_owned();
        self.0.flood = Some(Flood {
            count,
            header,
            rest,
            at_once: false,
        });
        self.header("authorization", &format!("{scheme} {{token}}"))
    }

    /// The flood comes all at once.
    pub(crate) fn at_once(mut self) -> Self {
        if let Some(flood) = &mut self.0.flood {
            flood.at_once = true;
        }
        self
    }
}
