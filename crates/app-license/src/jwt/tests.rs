use super::compact::Compact;
use super::{Algorithm, Claims, HmacKey, Jwks, Leeway, RsaPublicKey, RsaSigningKey};
use super::{base64url, hs256_token, rs256_token};
use crate::error::Error;
use crate::secret::SharedSecret;
use crate::time::UnixTime;

const PRIVATE: &str = include_str!("../../../app-license-testkit/keys/test-1.pem");
const PUBLIC: &str = include_str!("../../tests/keys/test-1.pub.pem");
const WEAK: &str = include_str!("../../tests/keys/rsa-1024.pub.pem");
const LONG: &str = include_str!("../../tests/keys/rsa-8192.pub.pem");
const ELLIPTIC: &str = include_str!("../../tests/keys/ec-p256.pub.pem");

fn code<T>(result: Result<T, Error>) -> &'static str {
    result.map_or_else(|e| e.code(), |_| "accepted")
}

fn token(header: &str, payload: &str) -> String {
    let mut token = String::new();
    base64url::encode(header.as_bytes(), &mut token);
    token.push('.');
    base64url::encode(payload.as_bytes(), &mut token);
    token + ".AAAA"
}

#[test]
fn a_header_names_the_one_algorithm_and_nothing_critical() {
    let deep = format!(
        r#"{{"alg":"HS256","x":{}1{}}}"#,
        "[".repeat(80),
        "]".repeat(80)
    );
    let many = (0..80).map(|i| format!(r#","k{i}":1"#)).collect::<String>();
    let many = format!(r#"{{"alg":"HS256"{many}}}"#);
    let long = format!(r#"{{"alg":"HS256","x":"{}"}}"#, "a".repeat(4096));
    for (header, want) in [
        (r#"{"typ":"JWT","alg":"HS256"}"#, "accepted"),
        (r#"{"alg":"HS256","typ":"JWT"}"#, "accepted"),
        (r#"{"alg":"HS256"}"#, "accepted"),
        (r#" { "alg" : "HS256" } "#, "accepted"),
        (r#"{"typ":"at+jwt","alg":"HS256"}"#, "accepted"),
        (
            r#"{"alg":"HS256","jku":"x","x5u":1,"jwk":{"kty":"oct"}}"#,
            "accepted",
        ),
        (r#"{"alg":"HS256","kid":"../../etc/passwd"}"#, "accepted"),
        (r#"{"alg":"hs256"}"#, "algorithm"),
        (r#"{"alg":"HS256 "}"#, "algorithm"),
        (r#"{"alg":"HS384"}"#, "algorithm"),
        (r#"{"alg":"HS512"}"#, "algorithm"),
        (r#"{"alg":"RS256"}"#, "algorithm"),
        (r#"{"alg":"ES256"}"#, "algorithm"),
        (r#"{"alg":"none"}"#, "algorithm"),
        (r#"{"alg":"None"}"#, "algorithm"),
        (r#"{"alg":""}"#, "algorithm"),
        (r#"{"alg":"none","crit":["exp"]}"#, "algorithm"),
        (r#"{"alg":"HS256","crit":["exp"]}"#, "critical_header"),
        (r#"{"alg":"HS256","crit":[]}"#, "critical_header"),
        (r#"{"alg":"HS256","crit":null}"#, "critical_header"),
        (r#"{"alg":"HS256","cr\u0069t":["exp"]}"#, "critical_header"),
        (r#"{"typ":"JWT"}"#, "token_malformed"),
        (r#"{"alg":["HS256"]}"#, "token_malformed"),
        (r#"{"alg":null}"#, "token_malformed"),
        (r#"{"alg":"none","alg":"HS256"}"#, "token_malformed"),
        (r#"{"alg":"HS256","\u0061lg":"none"}"#, "token_malformed"),
        // nobody looks into what is in `x`
        (r#"{"alg":"HS256","x":{"y":1,"y":2}}"#, "accepted"),
        (r#"{"alg":"HS256","kid":1}"#, "token_malformed"),
        (r#"{"alg":"HS256"}x"#, "token_malformed"),
        ("\u{feff}{\"alg\":\"HS256\"}", "token_malformed"),
        (r#"["HS256"]"#, "token_malformed"),
        ("", "token_malformed"),
        (&deep, "accepted"),
        (&many, "token_malformed"),
        (&long, "too_large"),
    ] {
        let token = token(header, "{}");
        assert_eq!(
            code(Compact::parse(&token, Algorithm::Hs256)),
            want,
            "{header}"
        );
    }
}

#[test]
fn the_compact_form_is_strict() {
    let header = "eyJhbGciOiJIUzI1NiJ9";
    let large = format!("{header}.{}.AAAA", "A".repeat(40_000));
    for (token, want) in [
        (format!("{header}.e30.AAAA"), "accepted"),
        (format!("{header}.e30."), "accepted"), // an empty signature is well formed, and wrong
        (format!("{header}.e30"), "token_malformed"),
        (format!("{header}.e30.AAAA.AAAA"), "token_malformed"),
        (format!("{header}.e30.AAAA."), "token_malformed"),
        (format!(".{header}.e30.AAAA"), "token_malformed"),
        (format!("{header}.e30=.AAAA"), "token_malformed"),
        (format!("{header}.e30.AAA="), "token_malformed"),
        (format!("{header}.e30.AAAB="), "token_malformed"),
        (format!("{header}.e31.AAAA"), "token_malformed"), // trailing bits
        (format!("{header}.e30.A"), "token_malformed"),
        (format!("{header}.e3 0.AAAA"), "token_malformed"),
        (format!("{header}.e30.AA+A"), "token_malformed"),
        (format!("{header}.e30.AA/A"), "token_malformed"),
        (format!("{header}.e30.AAAA\n"), "token_malformed"),
        (format!(" {header}.e30.AAAA"), "token_malformed"),
        (format!("{header}.é30.AAAA"), "token_malformed"),
        (String::new(), "token_malformed"),
        ("..".to_owned(), "token_malformed"),
        ("a.b.c".to_owned(), "token_malformed"),
        (large, "too_large"),
    ] {
        let shown = token.get(..80).unwrap_or(&token);
        assert_eq!(
            code(Compact::parse(&token, Algorithm::Hs256)),
            want,
            "{shown}"
        );
    }
}

#[test]
fn claims_have_their_types_or_are_refused() {
    for (claims, want) in [
        (
            r#"{"iss":"a","sub":"b","aud":"c","qsh":"d","jti":"e"}"#,
            "accepted",
        ),
        (
            r#"{"aud":["a","b"],"unknown":{"deep":[1,{"x":null}]}}"#,
            "accepted",
        ),
        (r#"{"aud":[]}"#, "accepted"),
        (r#"{"iss":["a"]}"#, "claim_type"),
        (r#"{"iss":1}"#, "claim_type"),
        (r#"{"iss":{"toString":"a"}}"#, "claim_type"),
        (r#"{"iss":null}"#, "claim_type"),
        (r#"{"sub":1}"#, "claim_type"),
        (r#"{"qsh":["context-qsh"]}"#, "claim_type"),
        (r#"{"qsh":null}"#, "claim_type"),
        (r#"{"jti":1}"#, "claim_type"),
        (r#"{"aud":1}"#, "claim_type"),
        (r#"{"aud":["a",1]}"#, "claim_type"),
        (r#"{"aud":[["a"]]}"#, "claim_type"),
        (r#"{"aud":{"a":1}}"#, "claim_type"),
        (r#"{"aud":null}"#, "claim_type"),
        (r#"{"iss":"a","iss":"a"}"#, "token_malformed"),
        (r#"{"iss":"a","\u0069ss":"b"}"#, "token_malformed"),
        (r#"{"x":{"y":1,"y":1}}"#, "accepted"),
        (r#"{"iss":"a"} "#, "accepted"),
        (r#"{"iss":"a"}{}"#, "token_malformed"),
        ("[]", "token_malformed"),
        ("null", "token_malformed"),
        ("", "token_malformed"),
        ("\u{feff}{}", "token_malformed"),
    ] {
        assert_eq!(code(Claims::read(claims)), want, "{claims}");
    }
    let mut token = "eyJhbGciOiJIUzI1NiJ9.".to_owned();
    base64url::encode(b"{\"iss\":\"\xff\"}", &mut token);
    token.push('.');
    let compact = Compact::parse(&token, Algorithm::Hs256).unwrap();
    assert_eq!(code(compact.claims()), "token_malformed");
    // what nobody reads may be deep, within reason
    let deep = |n: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(n), "]".repeat(n));
    assert_eq!(code(Claims::read(&deep(70))), "accepted");
    assert_eq!(code(Claims::read(&deep(5000))), "too_complex");
    let empty = Claims::read(r#"{"iss":"","sub":""}"#).unwrap();
    assert_eq!(code(empty.iss()), "claim_missing");
    assert_eq!(empty.sub(), None);
    // a name with escapes is the same claim
    let escaped = Claims::read(r#"{"\u0069ss":"a"}"#).unwrap();
    assert_eq!(escaped.iss().unwrap().to_string(), "a");
}

#[test]
fn dates_are_seconds_and_a_fraction_goes_to_the_stricter_side() {
    let read = |exp: &str, iat: &str| {
        let json = format!(r#"{{"exp":{exp},"iat":{iat}}}"#);
        let claims = Claims::read(&json)?;
        let validity = claims.validity()?;
        Ok::<_, Error>((validity.exp.as_seconds(), validity.iat.as_seconds()))
    };
    assert_eq!(read("10", "5").unwrap(), (10, 5));
    assert_eq!(read("10.9", "5.1").unwrap(), (10, 6));
    assert_eq!(read("10.0", "5.000").unwrap(), (10, 5));
    assert_eq!(read("0", "0").unwrap(), (0, 0));
    for bad in [
        "\"10\"",
        "-1",
        "-0",
        "1e3",
        "1E3",
        "1.5e1",
        "null",
        "true",
        "[]",
        "{}",
        "253402300800",
        "1800000000000",
        "99999999999999999999999",
        "253402300799.5",
    ] {
        if bad != "253402300799.5" {
            assert_eq!(code(read(bad, "5")), "claim_type", "{bad}");
        }
        assert_eq!(code(read("10", bad)), "claim_type", "{bad}");
    }
    assert_eq!(
        code(Claims::read("{\"iat\":1}").unwrap().validity()),
        "claim_missing"
    );
    assert_eq!(
        code(Claims::read("{\"exp\":1}").unwrap().validity()),
        "claim_missing"
    );
}

#[test]
fn a_token_holds_from_iat_and_nbf_until_exp_with_leeway_on_both_sides() {
    let now = UnixTime::from_seconds(1000).unwrap();
    let leeway = Leeway::from_seconds(30).unwrap();
    for (claims, want) in [
        (r#"{"iat":1000,"exp":1001}"#, "accepted"),
        (r#"{"iat":900,"exp":971}"#, "accepted"),
        (r#"{"iat":900,"exp":971.9}"#, "accepted"),
        (r#"{"iat":900,"exp":970.9}"#, "expired"),
        (r#"{"iat":900,"exp":970}"#, "expired"),
        (r#"{"iat":900,"exp":0}"#, "expired"),
        (r#"{"iat":1030,"exp":2000}"#, "accepted"),
        (r#"{"iat":1030.1,"exp":2000}"#, "not_yet_valid"),
        (r#"{"iat":1031,"exp":2000}"#, "not_yet_valid"),
        (r#"{"iat":900,"nbf":1030,"exp":2000}"#, "accepted"),
        (r#"{"iat":900,"nbf":1031,"exp":2000}"#, "not_yet_valid"),
        (r#"{"iat":900,"nbf":1,"exp":253402300799}"#, "accepted"),
        // a clock that stepped back between the two: only whether it has expired counts
        (r#"{"iat":1010,"exp":990}"#, "accepted"),
    ] {
        let validity = Claims::read(claims).unwrap().validity().unwrap();
        assert_eq!(code(validity.check(now, leeway)), want, "{claims}");
    }
    let strict = Claims::read(r#"{"iat":1000,"exp":1000}"#).unwrap();
    let strict = strict.validity().unwrap();
    assert_eq!(code(strict.check(now, Leeway::NONE)), "expired");
}

#[test]
fn signatures_cover_every_byte_and_one_key() {
    let secret = SharedSecret::new("0123456789abcdef0123456789abcdef").unwrap();
    let other = SharedSecret::new("0123456789abcdef0123456789abcdeg").unwrap();
    let (key, other) = (HmacKey::new(&secret), HmacKey::from(&other));
    let token = hs256_token("{}", &key);
    let compact = Compact::parse(&token, Algorithm::Hs256).unwrap();
    assert_eq!(compact.claims().unwrap(), "{}");
    assert_eq!(code(compact.verify_hs256(&key)), "accepted");
    assert_eq!(code(compact.verify_hs256(&other)), "signature");
    for cut in ["", "AAAA"] {
        let (signed, _) = token.rsplit_once('.').unwrap();
        let token = format!("{signed}.{cut}");
        let compact = Compact::parse(&token, Algorithm::Hs256).unwrap();
        assert_eq!(code(compact.verify_hs256(&key)), "signature");
    }

    let private = RsaSigningKey::from_pem(PRIVATE).unwrap();
    let public = RsaPublicKey::from_pem(PUBLIC).unwrap();
    let token = rs256_token("{}", "a\"b", &private).unwrap();
    let compact = Compact::parse(&token, Algorithm::Rs256).unwrap();
    assert_eq!(compact.kid(), Some("a\"b"));
    assert_eq!(code(compact.verify_rs256(&public)), "accepted");
    let long = RsaPublicKey::from_pem(LONG).unwrap();
    assert_eq!(code(compact.verify_rs256(&long)), "signature");
    assert_eq!(code(Compact::parse(&token, Algorithm::Hs256)), "algorithm");
}

#[test]
fn a_long_secret_makes_the_same_key_on_every_backend() {
    let secret = SharedSecret::new("\u{2a}".repeat(131)).unwrap();
    let mac = HmacKey::new(&secret).sign(b"Test Using Larger Than Block-Size Key - Hash Key First");
    let hex: String = mac.iter().map(|b| format!("{b:02x}")).collect();
    assert!(HmacKey::new(&secret).verify(
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        &mac,
    ));
    assert_eq!(
        hex,
        "a879fe293ec4822a32e30037ac471452fbecd684d14d8c2b72a0743f6c2f40a6"
    );
}

#[test]
fn public_keys_are_one_pem_block_of_a_strong_rsa_key() {
    assert_eq!(RsaPublicKey::from_pem(PUBLIC).unwrap().bits(), 2048);
    assert_eq!(RsaPublicKey::from_pem(LONG).unwrap().bits(), 8192);
    let crlf = PUBLIC.replace('\n', "\r\n");
    assert_eq!(code(RsaPublicKey::from_pem(&crlf)), "accepted");
    assert_eq!(code(RsaPublicKey::from_pem(PUBLIC.trim_end())), "accepted");
    assert_eq!(code(RsaPublicKey::from_pem(WEAK)), "weak_key");
    let twice = format!("{PUBLIC}{PUBLIC}");
    let renamed = PUBLIC.replace("PUBLIC KEY", "RSA PUBLIC KEY");
    let certificate = PUBLIC.replace("PUBLIC KEY", "CERTIFICATE");
    let before = format!("hello\n{PUBLIC}");
    let cut: String = PUBLIC.lines().filter(|l| !l.starts_with("MII")).collect();
    let empty = "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----";
    let large = PUBLIC.replacen('\n', &"\n".repeat(5000), 1);
    for pem in [
        "",
        "<html>404</html>",
        ELLIPTIC,
        PRIVATE,
        &twice,
        &renamed,
        &certificate,
        &before,
        &cut,
        empty,
        &large,
    ] {
        assert_eq!(code(RsaPublicKey::from_pem(pem)), "key_malformed", "{pem}");
    }
    assert_eq!(code(RsaSigningKey::from_pem(PUBLIC)), "key_malformed");
}

#[test]
fn no_bytes_in_a_pem_block_panic() {
    use base64::Engine as _;
    let body: String = PUBLIC.lines().filter(|l| !l.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(body)
        .unwrap();
    let pem = |der: &[u8]| {
        let body = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    };
    assert!(RsaPublicKey::from_pem(&pem(&der)).is_ok());
    for at in 0..40 {
        for byte in 0..=255 {
            let mut changed = der.clone();
            changed[at] = byte;
            drop(RsaPublicKey::from_pem(&pem(&changed)));
        }
        drop(RsaPublicKey::from_pem(&pem(&der[..at])));
        drop(RsaPublicKey::from_pem(&pem(&der[at..])));
    }
    drop(RsaPublicKey::from_pem(&pem(&[0x30, 0x80].repeat(700))));
    drop(RsaPublicKey::from_pem(&pem(
        &[0x30, 0x82, 0x05, 0x00].repeat(600)
    )));
}

#[test]
fn exponents_and_moduli_that_are_no_keys_are_refused() {
    let mut n = vec![0xff; 256];
    let of = |n: &[u8], e: &[u8]| code(RsaPublicKey::from_components(n, e));
    assert_eq!(of(&n, &[1, 0, 1]), "accepted");
    assert_eq!(of(&n, &[0, 0, 1, 0, 1]), "accepted");
    assert_eq!(of(&n, &[3]), "accepted");
    for e in [
        &[][..],
        &[0],
        &[1],
        &[2],
        &[4],
        &[1, 0, 0],
        &[1, 0, 0, 0, 1],
    ] {
        assert_eq!(of(&n, e), "key_malformed", "{e:?}");
    }
    n[255] = 0xfe;
    assert_eq!(of(&n, &[1, 0, 1]), "key_malformed");
    assert_eq!(of(&[0xff; 1025], &[1, 0, 1]), "key_malformed");
    assert_eq!(of(&[], &[1, 0, 1]), "weak_key");
    let mut short = vec![0xff; 256];
    short[0] = 0x7f;
    assert_eq!(of(&short, &[1, 0, 1]), "weak_key");
}

const N: &str = "wU7JcslqdjmcugFe7l17QGLg3Dv2ekuygICuRXEw6VOIVte5uKrnFGkn_DAxrWV_k1_qGUioG9tLQy07Apxl6BPa-RBcS5yi9QdRWUx9zlDuirqOTkY8Bpr_uzmYwtWTmHxRSMjdKOpWERujOJu9F0lblNk9B6H0gL4zflJl5EIIfJ2C_28tkDwTEU5yEovaQmqwo44NF7THXgMwRzS_uxTs5LoADfi6OLBWw9SC3u1jbizN96P_6VRQSqSnt6pbg1eYEmB1S_519goxzufkfsUATBq5EBNf5Hjij_FdMiEVqMIWLzr6yblSVhDRELWFgzaTWe74BdqKVO04ADOaYw";

#[test]
fn a_key_set_keeps_what_may_verify_rs256() {
    let kept = |members: &str| {
        let json = format!(r#"{{"keys":[{{"kid":"k",{members}}}]}}"#);
        Jwks::parse(json.as_bytes()).unwrap().find("k").count() == 1
    };
    let rsa = format!(r#""kty":"RSA","n":"{N}","e":"AQAB""#);
    for more in [
        "",
        r#","use":"sig""#,
        r#","alg":"RS256""#,
        r#","key_ops":["verify"]"#,
        r#","key_ops":["sign","verify"],"x5c":["a"],"x5t":"b""#,
    ] {
        assert!(kept(&format!("{rsa}{more}")), "{more}");
    }
    for more in [
        r#","use":"enc""#,
        r#","use":null"#,
        r#","alg":"RS512""#,
        r#","alg":"HS256""#,
        r#","alg":["RS256"]"#,
        r#","key_ops":["sign"]"#,
        r#","key_ops":"verify""#,
        r#","key_ops":[]"#,
        r#","d":"AQAB""#,
    ] {
        assert!(!kept(&format!("{rsa}{more}")), "{more}");
    }
    for members in [
        r#""kty":"oct","k":"c2VjcmV0""#.to_owned(),
        r#""kty":"EC","crv":"P-256","x":"AA","y":"AA""#.to_owned(),
        format!(r#""n":"{N}","e":"AQAB""#),
        format!(r#""kty":"rsa","n":"{N}","e":"AQAB""#),
        format!(r#""kty":"RSA","n":"{N}""#),
        format!(r#""kty":"RSA","n":"{N}=","e":"AQAB""#),
        format!(r#""kty":"RSA","n":"{N}","e":"AQ==""#),
        format!(r#""kty":"RSA","n":"{N}","e":65537"#),
        r#""kty":"RSA","n":"","e":"AQAB""#.to_owned(),
        r#""kty":"RSA","n":"AQAB","e":"AQAB""#.to_owned(),
    ] {
        assert!(!kept(&members), "{members}");
    }
}

#[test]
fn a_key_set_is_searched_by_the_exact_id_and_may_hold_one_twice() {
    let key = |kid: &str| format!(r#"{{"kty":"RSA","n":"{N}","e":"AQAB","kid":{kid}}}"#);
    let json = format!(
        r#"{{"keys":[{},{},{},{},1]}}"#,
        key("\"a\""),
        key("\"a\""),
        key("\"\""),
        key("1"),
    );
    let keys = Jwks::parse(json.as_bytes()).unwrap();
    assert_eq!(keys.kids().collect::<Vec<_>>(), ["a", "a"]);
    assert_eq!(keys.find("a").count(), 2);
    assert_eq!(keys.find("A").count(), 0);
    assert_eq!(keys.find("").count(), 0);
    assert_eq!(format!("{keys:?}"), r#"["a", "a"]"#);
    let token = rs256_token("{}", "a", &RsaSigningKey::from_pem(PRIVATE).unwrap()).unwrap();
    let compact = Compact::parse(&token, Algorithm::Rs256).unwrap();
    assert!(keys.find("a").all(|key| compact.verify_rs256(key).is_ok()));
}

#[test]
fn what_is_no_key_set_is_refused() {
    let large = format!(r#"{{"keys":[],"x":"{}"}}"#, "a".repeat(300_000));
    let key = format!(r#"{{"kty":"RSA","n":"{N}","e":"AQAB","kid":"a"}}"#);
    let many = format!(r#"{{"keys":[{}]}}"#, vec![key; 65].join(","));
    for (json, want) in [
        ("", "json_syntax"),
        ("<html>", "json_syntax"),
        ("[]", "json_syntax"),
        ("{}", "field_missing"),
        (r#"{"keys":null}"#, "field_type"),
        (r#"{"keys":{}}"#, "field_type"),
        (r#"{"keys":[],"keys":[]}"#, "json_duplicate_key"),
        (r#"{"keys":[{"kid":"a","kid":"b"}]}"#, "json_duplicate_key"),
        (r#"{"keys":[]}x"#, "json_trailing_bytes"),
        (r#"{"keys":[]}"#, "accepted"),
        (&large, "too_large"),
        (&many, "too_many"),
    ] {
        let shown = json.get(..60).unwrap_or(json);
        assert_eq!(code(Jwks::parse(json.as_bytes())), want, "{shown}");
    }
}

#[test]
fn no_key_shows_itself() {
    let secret = SharedSecret::new("do-not-show-this-secret-anywhere").unwrap();
    let private = RsaSigningKey::from_pem(PRIVATE).unwrap();
    let public = RsaPublicKey::from_pem(PUBLIC).unwrap();
    assert_eq!(
        format!("{:?}", HmacKey::new(&secret)),
        "HmacKey([redacted])"
    );
    assert_eq!(format!("{private:?}"), "RsaSigningKey([redacted])");
    assert_eq!(format!("{public:?}"), "RsaPublicKey(2048 bits)");
}

proptest::proptest! {
    #[test]
    fn an_unknown_header_member_changes_nothing(
        name in "(x[a-z]{0,6}|jku|jwk|x5u|x5c|typ|cty|ALG|Crit)",
        value in "(null|true|-?[1-9][0-9]{0,4}|\"[a-z:/.]{0,9}\"|\\[1,\"a\"\\]|\\{\"alg\":\"none\"\\})",
        first: bool,
    ) {
        let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef").unwrap());
        let header = if first {
            format!(r#"{{"{name}":{value},"alg":"HS256"}}"#)
        } else {
            format!(r#"{{"alg":"HS256","{name}":{value}}}"#)
        };
        let unsigned = token(&header, "{}");
        let (signed, _) = unsigned.rsplit_once('.').unwrap();
        let mut token = format!("{signed}.");
        base64url::encode(&key.sign(signed.as_bytes()), &mut token);
        let compact = Compact::parse(&token, Algorithm::Hs256).unwrap();
        proptest::prop_assert_eq!(code(compact.verify_hs256(&key)), "accepted");
        proptest::prop_assert_eq!(compact.kid(), None);
    }
}
