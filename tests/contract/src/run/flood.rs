//! Sends the requests of an exchange: one, or many with made-up key ids.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::compare;
use super::wire::{self, Response};
use crate::file::{Exchange, File, Flood, Text};

/// How often each code was answered.
type Codes = BTreeMap<String, u64>;

/// Answers the response that stands for all; of a flood at once, also how often each code came.
pub(super) fn send(file: &File, exchange: &Exchange, port: u16) -> Result<(Response, Codes)> {
    let body = exchange.body.as_ref();
    let body = body.map(|body: &Text| body.read(&file.documents));
    let body = body.as_deref();
    let Exchange {
        method,
        target,
        headers,
        ..
    } = exchange;
    let Some(flood) = &exchange.flood else {
        let response = wire::send(port, method, target, headers, body)?;
        return Ok((response, Codes::new()));
    };
    let one = |turn| {
        let token = token_of(flood, turn);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.replace("{token}", &token)))
            .collect();
        wire::send(port, method, target, &headers, body)
    };
    if flood.at_once {
        return at_once(flood.count, one);
    }
    // all of a flood are answered alike: the first that is not stands for all
    let mut first: Option<Response> = None;
    for turn in 0..flood.count {
        let response = one(turn)?;
        let same = |it: &Response| {
            it.status == response.status && compare::code(it) == compare::code(&response)
        };
        match &first {
            Some(first) if !same(first) => return Ok((response, Codes::new())),
            Some(_) => {}
            None => first = Some(response),
        }
    }
    Ok((first.context("a flood of nothing")?, Codes::new()))
}

/// All have the same status and keep the rules of refusals: the first that does not stands for all.
fn at_once(count: u64, one: impl Fn(u64) -> Result<Response> + Sync) -> Result<(Response, Codes)> {
    let responses: Vec<_> = std::thread::scope(|scope| {
        let one = &one;
        let sent: Vec<_> = (0..count)
            .map(|turn| scope.spawn(move || one(turn)))
            .collect();
        let joined = |it: std::thread::ScopedJoinHandle<'_, Result<Response>>| {
            it.join()
                .map_err(|_| anyhow!("a request of the flood was not sent"))?
        };
        sent.into_iter().map(joined).collect::<Result<_>>()
    })?;
    let mut codes = Codes::new();
    for response in &responses {
        let code = compare::code(response).unwrap_or_else(|| "none".to_owned());
        *codes.entry(code).or_default() += 1;
    }
    let first = responses.first().context("a flood of nothing")?;
    let other = |it: &&Response| it.status != first.status || !compare::refuses(it).is_empty();
    let stands_for_all = responses.iter().find(other).unwrap_or(first);
    Ok((stands_for_all.clone(), codes))
}

fn token_of(flood: &Flood, turn: u64) -> String {
    let header = flood.header.replace("{n}", &turn.to_string());
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), flood.rest)
}
