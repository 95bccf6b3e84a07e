//! `cost-linear`: whatever strangers send, reading it takes steps in proportion to its bytes. Steps
//! are counted, not time: bytes that are looked at, keys and values that are compared.

use app_license::connect::{
    self, BaseUrl, CanonicalRequest, DescriptorUrls, IframeQuery, LifecycleBody, RequestLine,
    UnverifiedContextToken, UnverifiedInstallToken, UnverifiedRequestToken, UnverifiedSessionToken,
    token_from_request,
};
use app_license::forge::{
    ForgeLifecycleEvent, ForgeLifecycleKind, LicenseApiResponse, UiContext,
    UnverifiedInvocationToken,
};
use app_license::{AppKey, Jwks, License, LicenseSource, work};

/// How many steps one byte may take: a handful of passes, and the logarithm of a sort.
const STEPS: u64 = 32;
/// What an input costs whatever its size.
const BASE: u64 = 4096;

/// Runs a reader over an input and over one of twice its size: both are within the bound.
fn linear(name: &str, input: impl Fn(usize) -> String, read: impl Fn(&str)) {
    for size in [4 << 10, 16 << 10, 30 << 10, 120 << 10, 240 << 10] {
        let text = input(size);
        let (steps, ()) = work::counted(|| read(&text));
        let bytes = text.len() as u64;
        assert!(
            steps <= STEPS * bytes + BASE,
            "{name}: {steps} steps for {bytes} bytes"
        );
    }
}

/// Makes a text of about so many bytes.
type Make = Box<dyn Fn(usize) -> String>;

/// JSON objects that cost a careless reader more than they have bytes.
fn objects() -> Vec<(&'static str, Make)> {
    fn repeated(size: usize, one: impl Fn(usize) -> String) -> String {
        let mut text = String::from("{");
        for number in 0.. {
            let field = one(number);
            if text.len() + field.len() > size {
                break;
            }
            text.push_str(&field);
            text.push(',');
        }
        text.push_str("\"last\":1}");
        text
    }
    vec![
        (
            "many keys",
            Box::new(|size| repeated(size, |n| format!("\"k{n}\":0"))),
        ),
        (
            "254 escaped keys",
            Box::new(|size| {
                let long = "a".repeat((size / 254).saturating_sub(20));
                let fields: Vec<_> = (0..254)
                    .map(|n| format!("\"\\u0061{long}{n:04}\":1"))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }),
        ),
        (
            "16 keys, compared one by one",
            Box::new(|size| {
                let long = "a".repeat((size / 16).saturating_sub(10));
                let fields: Vec<_> = (0..16).map(|n| format!("\"{long}{n:02}\":1")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ),
        (
            "16 escaped keys",
            Box::new(|size| {
                let long = "a".repeat((size / 16).saturating_sub(20));
                let fields: Vec<_> = (0..16)
                    .map(|n| format!("\"\\u0061{long}{n:02}\":1"))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }),
        ),
        (
            "objects of 16 keys",
            Box::new(|size| {
                let fields: Vec<_> = (0..16).map(|n| format!("\"k{n:02}\":0")).collect();
                let one = format!("{{{}}},", fields.join(","));
                format!("{{\"keys\":[{}{{}}]}}", one.repeat(size / one.len()))
            }),
        ),
        (
            "escaped keys",
            Box::new(|size| repeated(size, |n| format!("\"\\u0061\\u0062{n}\":0"))),
        ),
        (
            "equal prefixes",
            Box::new(|size| {
                let long = "a".repeat((size / 250).saturating_sub(16));
                repeated(size, |n| format!("\"{long}{n:04}\":1"))
            }),
        ),
        (
            "one key again and again",
            Box::new(|size| repeated(size, |_| "\"\\u0061\":0".to_owned())),
        ),
        (
            "deep arrays",
            Box::new(|size| format!("{{\"x\":{}{}}}", "[".repeat(size / 2), "]".repeat(size / 2))),
        ),
        (
            "deep objects",
            Box::new(|size| {
                let deep = size / 6;
                format!("{{\"x\":{}1{}}}", "{\"a\":".repeat(deep), "}".repeat(deep))
            }),
        ),
        (
            "deep where it is read",
            Box::new(|size| {
                let deep = size / 12;
                format!("{}1{}", "{\"context\":".repeat(deep), "}".repeat(deep))
            }),
        ),
        (
            "an open array",
            Box::new(|size| format!("{{\"app\":{}", "[{".repeat(size / 2))),
        ),
        (
            "long numbers",
            Box::new(|size| {
                format!(
                    "{{\"exp\":{},\"iat\":1.{}}}",
                    "9".repeat(size / 2),
                    "0".repeat(size / 2)
                )
            }),
        ),
        (
            "a long string of escapes",
            Box::new(|size| format!("{{\"iss\":\"{}\"}}", "\\u0041".repeat(size / 6))),
        ),
        (
            "many small objects",
            Box::new(|size| {
                format!(
                    "{{\"license\":[{}0]}}",
                    "{\"a\":1,\"b\":2},".repeat(size / 14)
                )
            }),
        ),
        (
            "many strings in an audience",
            Box::new(|size| format!("{{\"aud\":[{}\"x\"]}}", "\"\\u0061\",".repeat(size / 9))),
        ),
    ]
}

fn base64url(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut encoded = String::new();
    for group in text.as_bytes().chunks(3) {
        let bits =
            group.iter().fold(0_u32, |all, b| all << 8 | u32::from(*b)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            encoded.push(char::from(
                ALPHABET[(bits >> (18 - 6 * place) & 63) as usize],
            ));
        }
    }
    encoded
}

fn token(header: &str, payload: &str) -> String {
    format!("{}.{}.c2ln", base64url(header), base64url(payload))
}

#[test]
fn cost_linear_json_documents() {
    let app = AppKey::new("com.example.app").unwrap();
    for (name, input) in objects() {
        let bytes = |read: &dyn Fn(&[u8])| linear(name, &input, |text| read(text.as_bytes()));
        bytes(&|b| drop(LifecycleBody::parse(b)));
        bytes(&|b| drop(ForgeLifecycleEvent::parse(ForgeLifecycleKind::Installed, b)));
        bytes(&|b| drop(LifecycleBody::parse_unsigned(b)));
        bytes(&|b| drop(ForgeLifecycleEvent::parse_any(b)));
        bytes(&|b| drop(DescriptorUrls::parse(b)));
        bytes(&|b| drop(connect::LicenseApiResponse::read_for(&app, Some(200), b)));
        bytes(&|b| drop(Jwks::parse(b)));
        bytes(&|b| drop(LicenseApiResponse::parse(b)));
        bytes(&|b| drop(UiContext::parse(b)));
        bytes(&|b| drop(License::from_connect_api(b)));
        bytes(&|b| drop(License::from_connect_context(b)));
        bytes(&|b| drop(License::from_forge_function_context(b)));
        bytes(&|b| drop(License::from_forge_app_context(b)));
        bytes(&|b| drop(License::from_object(b, LicenseSource::ForgeInvocationToken)));
    }
}

#[test]
fn cost_linear_tokens_before_any_signature() {
    let hs256 = r#"{"typ":"JWT","alg":"HS256"}"#;
    let rs256 = r#"{"alg":"RS256","kid":"0e50fccb-239d-4991-a5db-dc850ba3f236"}"#;
    for (name, input) in objects() {
        linear(
            name,
            |size| token(hs256, &input(size * 3 / 4)),
            |text| {
                drop(UnverifiedRequestToken::parse(text));
                drop(UnverifiedContextToken::parse(text));
                drop(UnverifiedSessionToken::parse(text));
            },
        );
        linear(
            name,
            |size| token(rs256, &input(size * 3 / 4)),
            |text| {
                drop(UnverifiedInstallToken::parse(text));
            },
        );
        linear(
            name,
            |size| token(&input(size.min(3000)), "{}"),
            |text| {
                drop(UnverifiedInvocationToken::parse(text));
            },
        );
    }
    linear(
        "dots",
        |size| ".".repeat(size),
        |text| drop(UnverifiedRequestToken::parse(text)),
    );
}

#[test]
fn cost_linear_many_keys_in_a_key_set() {
    let one = |n: usize| {
        format!(
            "{{\"kty\":\"RSA\",\"kid\":\"k{n}\",\"use\":\"sig\",\"n\":\"{}\",\"e\":\"AQAB\"}}",
            "A".repeat(340)
        )
    };
    linear(
        "many keys",
        |size| {
            let keys: Vec<_> = (0..size / 400).map(one).collect();
            format!("{{\"keys\":[{}]}}", keys.join(","))
        },
        |text| drop(Jwks::parse(text.as_bytes())),
    );
    linear(
        "many small keys",
        |size| {
            format!(
                "{{\"keys\":[{}{{}}]}}",
                "{\"\\u006bid\":1},".repeat(size / 14)
            )
        },
        |text| drop(Jwks::parse(text.as_bytes())),
    );
}

#[test]
fn cost_linear_queries() {
    fn parameters(size: usize, one: impl Fn(usize) -> String) -> String {
        let mut query = String::new();
        for number in 0.. {
            let parameter = one(number);
            if query.len() + parameter.len() > size {
                break;
            }
            query.push_str(&parameter);
            query.push('&');
        }
        query
    }
    let long = |size: usize| "%61".repeat(size / 3);
    let queries: Vec<(&str, Make)> = vec![
        (
            "many parameters",
            Box::new(|size| parameters(size, |n| format!("p{n}={n}"))),
        ),
        ("many empty parameters", Box::new(|size| "&".repeat(size))),
        (
            "many repeated parameters",
            Box::new(|size| parameters(size, |n| format!("a={}", n % 7))),
        ),
        (
            "a thousand repeated parameters with long equal prefixes",
            Box::new(|size| {
                let prefix = "%C3%A9".repeat((size / 1020).saturating_sub(8) / 6);
                parameters(size, |n| format!("a={prefix}{:03}", n * 7919 % 1000))
            }),
        ),
        (
            "a thousand names with long equal prefixes",
            Box::new(|size| {
                let prefix = "%61".repeat((size / 1020).saturating_sub(8) / 3);
                parameters(size, |n| format!("{prefix}{:03}=1", n * 7919 % 1000))
            }),
        ),
        (
            "a long lic, repeated",
            Box::new(move |size| format!("lic={}&{}", long(size / 2), "lic=x&".repeat(size / 12))),
        ),
        (
            "a long capability, repeated",
            Box::new(|size| {
                let long = "_".repeat(size / 2);
                format!("capSet=x{long}&{}", "capSet=x&capSet=y&".repeat(size / 36))
            }),
        ),
        (
            "a long capability, repeated as itself",
            Box::new(|size| {
                format!(
                    "capSet=x{}&{}",
                    "_".repeat(size / 2),
                    "capSet=x&".repeat(size / 18)
                )
            }),
        ),
        (
            "a long capability of a rank, repeated",
            Box::new(|size| {
                let long = "_".repeat(size / 2);
                format!(
                    "capSet=capabilityFree{long}&{}",
                    "capSet=y&".repeat(size / 18)
                )
            }),
        ),
        (
            "escaped names",
            Box::new(|size| "%25%36%63ic=active&".repeat(size / 19)),
        ),
        (
            "many tokens",
            Box::new(move |size| format!("jwt={}&{}", long(size / 2), "jwt=x&".repeat(size / 12))),
        ),
        (
            "no text",
            Box::new(|size| format!("a={}&b=%", "%FF%C3".repeat(size / 12))),
        ),
    ];
    let base = BaseUrl::new("https://app.example.com/a").unwrap();
    for (name, input) in queries {
        linear(name, &input, |query| {
            let parsed = IframeQuery::parse(query);
            drop(parsed.license());
            drop((parsed.lic(), parsed.host_url(), parsed.channel()));
        });
        linear(name, &input, |query| drop(token_from_request([], query)));
        linear(
            name,
            |size| format!("/a/x?{}", input(size.min(60 << 10))),
            |target| {
                drop(CanonicalRequest::new(
                    &RequestLine::new("GET", target),
                    &base,
                ))
            },
        );
    }
    linear(
        "a path of escapes",
        |size| format!("/a/{}", "%2E%2e/&%25".repeat(size.min(60 << 10) / 11)),
        |target| {
            drop(CanonicalRequest::new(
                &RequestLine::new("GET", target),
                &base,
            ))
        },
    );
}
