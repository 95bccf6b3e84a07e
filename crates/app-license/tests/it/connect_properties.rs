//! Properties of Connect tokens, query hashes and iframe queries.

use std::collections::BTreeMap;

use app_license::connect::{
    BaseUrl, CanonicalRequest, Explanation, IframeQuery, RequestLine, RequestVerifierConfig,
    TenantKeys, TokenClaims, UnverifiedRequestToken,
};
use app_license::{ClientKey, HmacKey, SharedSecret, UnixTime};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

const TARGET: &str = "/panel?issueKey=T-1&lic=active&capSet=capabilityAdvanced";

fn now() -> UnixTime {
    UnixTime::from_seconds(1_800_000_000).unwrap()
}

fn key() -> HmacKey {
    HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef").unwrap())
}

fn base() -> BaseUrl {
    BaseUrl::new("https://app.example.com").unwrap()
}

fn claims() -> TokenClaims {
    let canonical = CanonicalRequest::new(&RequestLine::new("GET", TARGET), &base()).unwrap();
    TokenClaims::new("tenant-1", now())
        .subject("user-1")
        .qsh(&canonical)
}

fn verify(token: &str, target: &str) -> Result<bool, app_license::Error> {
    let keys = TenantKeys::new(ClientKey::new("tenant-1").unwrap(), key());
    let expected = RequestVerifierConfig::new(base());
    let token = UnverifiedRequestToken::parse(token)?;
    let token = token.verify(&keys, &RequestLine::new("GET", target), &expected, now())?;
    Ok(token.license().has_capability("capabilityAdvanced"))
}

/// The rules of the platform's page, written down plainly.
fn reference(method: &str, path: &str, query: &str) -> String {
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let mut parameters = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name != "jwt" {
            let values = parameters.entry(encode(&name)).or_default();
            values.push(value.into_owned());
        }
    }
    let pairs: Vec<String> = parameters
        .into_iter()
        .map(|(name, mut values)| {
            values.sort_by_key(|value| value.encode_utf16().collect::<Vec<_>>());
            let values: Vec<String> = values.iter().map(|v| encode(v)).collect();
            format!("{name}={}", values.join(","))
        })
        .collect();
    let path = path.strip_suffix('/').unwrap_or(path).replace('&', "%26");
    let path = if path.is_empty() { "/" } else { &path };
    format!("{}&{path}&{}", method.to_ascii_uppercase(), pairs.join("&"))
}

/// Text as people, hosts and attackers put it into queries.
fn query() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-c]{0,2}",
        "%[0-9A-Fa-f]{2}",
        "(%[c-f][0-9a-f]){1,4}",
        "[%+&=;,~*'!()/?:@ .-]",
        Just("jwt".to_owned()),
        Just("%6Awt".to_owned()),
        Just("%F0%9F%98%80".to_owned()),
        Just("%EF%BF%BD".to_owned()),
        "[é宮\u{10ffff}\u{e000}]",
    ];
    proptest::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_canonical_query_is_what_the_documentation_says(query in query()) {
        // a `#` begins a fragment and never reaches a server
        let target = format!("/path?{query}");
        let canonical = CanonicalRequest::new(&RequestLine::new("get", &target), &base()).unwrap();
        let query = query.split('#').next().unwrap();
        prop_assert_eq!(canonical.as_str(), reference("get", "/path", query));
    }

    #[test]
    fn many_parameters_sort_as_few_do(names in proptest::collection::vec("[a-c]{0,10}", 0..60)) {
        let pairs: Vec<String> = names.iter().enumerate().map(|(i, n)| format!("{n}={i}")).collect();
        let query = pairs.join("&");
        let target = format!("/p?{query}");
        let canonical = CanonicalRequest::new(&RequestLine::new("GET", &target), &base()).unwrap();
        prop_assert_eq!(canonical.as_str(), reference("GET", "/p", &query));
    }

    #[test]
    fn a_canonical_path_is_as_written(path in "(/[a-zA-Z0-9&.%~-]{0,6}){0,4}") {
        let canonical = CanonicalRequest::new(&RequestLine::new("GET", &path), &base()).unwrap();
        prop_assert_eq!(canonical.as_str(), reference("GET", &path, ""));
    }

    #[test]
    fn no_two_requests_share_a_text_by_way_of_the_decoded_path(
        one in "/([ab/&?]|%2[0-9A-F]|%2526|%61){0,6}",
        other in "/([ab/&]|%2[0-9A-F]|%2526|%61){0,6}",
    ) {
        let of = |path: &str| {
            CanonicalRequest::new(&RequestLine::new("GET", path), &base()).unwrap()
        };
        let (one_request, other_request) = (of(&one), of(&other));
        // a decoded form that equals another request's raw form is that request, percent-encoding
        // aside: decoding both raw paths gives one resource
        if one_request.decoded() == Some(other_request.as_str()) {
            // one trailing slash aside, whichever way it is written
            let decode = |p: &str| {
                let p = p.split('?').next().unwrap();
                let p = percent_encoding::percent_decode_str(p).decode_utf8().unwrap();
                match p.strip_suffix('/').unwrap_or(&p) {
                    "" => "/".to_owned(),
                    path => path.to_owned(),
                }
            };
            prop_assert_eq!(decode(&one), decode(&other));
        }
    }

    #[test]
    fn any_request_has_a_canonical_form_or_an_error(method in "\\PC{0,8}", target in "\\PC{0,60}") {
        let request = RequestLine::new(&method, &target);
        drop(CanonicalRequest::new(&request, &base()));
        drop(Explanation::new("x", &request, &base()).to_string());
    }

    #[test]
    fn a_flipped_byte_never_verifies(at: proptest::sample::Index, flip in 1_u8..=127) {
        let token = claims().sign(&key());
        let at = at.index(token.len());
        let mut bytes = token.clone().into_bytes();
        let byte = bytes.get_mut(at).unwrap();
        *byte = (*byte ^ flip) & 0x7f;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assume!(changed != token);
        prop_assert!(verify(&changed, TARGET).is_err(), "{changed}");
        prop_assert_eq!(verify(&token, TARGET), Ok(true));
    }

    #[test]
    fn a_cut_or_longer_token_never_verifies(at: proptest::sample::Index, more in "[A-Za-z0-9_.=-]{1,4}") {
        let token = claims().sign(&key());
        let at = at.index(token.len());
        prop_assert!(verify(token.get(..at).unwrap(), TARGET).is_err());
        let longer = format!("{token}{more}");
        prop_assert!(verify(&longer, TARGET).is_err());
    }

    #[test]
    fn an_unknown_claim_changes_nothing(name in "x[a-z\"\\\\é]{0,8}", value in json()) {
        let token = claims().claim(&name, &value).unwrap().sign(&key());
        prop_assert_eq!(verify(&token, TARGET), Ok(true));
    }

    #[test]
    fn unrelated_parameters_never_change_what_an_iframe_query_says(
        before in proptest::collection::vec("x[a-z0-9%+]{0,5}(=[a-z0-9%+=]{0,5})?", 0..4),
        after in proptest::collection::vec("x[a-z0-9%+]{0,5}(=[a-z0-9%+=]{0,5})?", 0..4),
        lic in "(active|none|)",
        cap in "(capabilityAdvanced|capabilityStandard|other|)",
    ) {
        let plain = format!("lic={lic}&capSet={cap}");
        let mixed = format!("{}&capSet={cap}&{}&lic={lic}", before.join("&"), after.join("&"));
        let (plain, mixed) = (IframeQuery::parse(&plain), IframeQuery::parse(&mixed));
        prop_assert_eq!(plain.license(), mixed.license());
    }
}

/// JSON text of any kind.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,3})?([eE][0-9]{1,2})?",
        "\\PC{0,8}".prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[{}]", all.join(","))),
            proptest::collection::vec(inner, 0..4).prop_map(|all| {
                let fields: Vec<String> = all
                    .iter()
                    .enumerate()
                    .map(|(i, value)| format!("\"k{i}\":{value}"))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}
