//! Verifying an invocation token, beside the bare RS256 check that it cannot do without.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at what it cannot do, and prints"
)]

#[path = "shared/ratios.rs"]
mod ratios;

use app_license::forge::{UnverifiedInvocationToken, Verifier};
use app_license::{ForgeAppId, Jwks, UnixTime};
use criterion::Criterion;
use ratios::Goal;
use serde_json::Value;

fn fit(c: &mut Criterion) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/forge-invocation-requests.json"
    );
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let set = file.pointer("/jwks_sets/alg").unwrap().to_string();
    let keys = Jwks::parse(set.as_bytes()).unwrap();
    let header = file
        .pointer("/cases/0/authorization")
        .unwrap()
        .as_str()
        .unwrap();
    let token = header.strip_prefix("Bearer ").unwrap();
    let app = ForgeAppId::new(file.get("app_id").unwrap().as_str().unwrap()).unwrap();
    let expected = Verifier::new(app);
    let now = UnixTime::from_seconds(1_800_000_000).unwrap();

    let mut group = c.benchmark_group("fit");
    group.bench_function("verify", |b| {
        b.iter(|| {
            let token = UnverifiedInvocationToken::parse(token).unwrap();
            token.verify(&keys, &expected, now).unwrap()
        });
    });

    group.bench_function("take apart", |b| {
        b.iter(|| UnverifiedInvocationToken::parse(std::hint::black_box(token)).unwrap());
    });

    // the same signature by the same backend, everything else done beforehand
    let modulus = file
        .pointer("/jwks_sets/alg/keys/0/n")
        .unwrap()
        .as_str()
        .unwrap();
    let decode =
        |t: &str| base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, t).unwrap();
    let (n, e) = (decode(modulus), decode("AQAB"));
    let key = aws_lc_rs::signature::RsaPublicKeyComponents { n: &n, e: &e };
    let key = key
        .to_parsed_public_key(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256)
        .unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = decode(signature);
    group.bench_function("bare RS256", |b| {
        b.iter(|| key.verify_sig(signed.as_bytes(), &signature).unwrap());
    });
    group.finish();
}

fn main() {
    let output = ratios::folder();
    let mut c = Criterion::default()
        .output_directory(&output)
        .configure_from_args();
    fit(&mut c);
    c.final_summary();
    let pairs = [("fit/verify", "fit/bare RS256", Goal::AtMost(1.2))];
    ratios::print(&output, &pairs);
}
