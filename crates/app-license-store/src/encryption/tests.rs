use app_license::SharedSecret;

use super::{Column, EncryptionKey, EncryptionKeys, Sealer};

const SECRET: &str = "a-shared-secret-of-a-tenant";

fn key(seed: u8) -> EncryptionKey {
    let mut bytes = [seed; 32];
    bytes[0] = seed.wrapping_add(1);
    EncryptionKey::new(bytes).unwrap()
}

fn sealer(keys: EncryptionKeys) -> Sealer {
    Sealer::new(Some(keys), false).unwrap()
}

#[test]
fn a_sealed_secret_is_not_the_secret_and_opens_again() {
    let sealer = sealer(EncryptionKeys::new(key(1)));
    let secret = SharedSecret::new(SECRET).unwrap();
    let one = sealer.seal("t", Column::Secret, &secret).unwrap();
    let two = sealer.seal("t", Column::Secret, &secret).unwrap();
    assert_ne!(one.bytes, two.bytes, "the nonce is random");
    assert!(!one.bytes.windows(8).any(|w| w == &SECRET.as_bytes()[..8]));
    assert_eq!(sealer.open("t", Column::Secret, &one).unwrap(), secret);
    assert!(!format!("{one:?} {sealer:?}").contains(SECRET));
}

/// The npm package seals by a cipher that it puts together of others: both open one file.
#[test]
fn what_the_npm_package_sealed_opens() {
    let file = include_str!("../../tests/fixtures/sealed.json");
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let key = EncryptionKey::from_base64(&text(&file["key"])).unwrap();
    assert_eq!(key.id(), text(&file["keyId"]));
    let sealer = sealer(EncryptionKeys::new(key));
    for column in [Column::Secret, Column::PreviousSecret] {
        let all = file["sealed"].as_array().unwrap().iter();
        let one = all
            .filter(|it| it["column"] == column.name())
            .collect::<Vec<_>>();
        let digits = text(&one[0]["bytes"]);
        let byte = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).unwrap();
            u8::from_str_radix(pair, 16).unwrap()
        };
        let sealed = super::Sealed {
            key_id: Some(text(&file["keyId"])),
            bytes: digits.as_bytes().chunks(2).map(byte).collect(),
        };
        let opened = sealer.open(&text(&file["tenant"]), column, &sealed);
        assert_eq!(opened.unwrap().expose(), text(&one[0]["secret"]));
    }
}

#[test]
fn bound_to_tenant_and_column() {
    let sealer = sealer(EncryptionKeys::new(key(1)));
    let secret = SharedSecret::new(SECRET).unwrap();
    let sealed = sealer.seal("t", Column::Secret, &secret).unwrap();
    for (tenant, column) in [("u", Column::Secret), ("t", Column::PreviousSecret)] {
        let error = sealer.open(tenant, column, &sealed).unwrap_err();
        assert_eq!(error.code(), "does_not_open");
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let sealer = sealer(EncryptionKeys::new(key(1)));
    let secret = SharedSecret::new(SECRET).unwrap();
    let sealed = sealer.seal("t", Column::Secret, &secret).unwrap();
    for at in 0..sealed.bytes.len() {
        let mut flipped = sealed.clone();
        flipped.bytes[at] ^= 1;
        assert!(sealer.open("t", Column::Secret, &flipped).is_err());
        let mut cut = sealed.clone();
        cut.bytes.truncate(at);
        assert!(sealer.open("t", Column::Secret, &cut).is_err());
    }
}

#[test]
fn keys_rotate() {
    let secret = SharedSecret::new(SECRET).unwrap();
    let old = sealer(EncryptionKeys::new(key(1)));
    let sealed = old.seal("t", Column::Secret, &secret).unwrap();

    let both = sealer(EncryptionKeys::new(key(2)).with_previous(key(1)));
    assert!(!both.is_current(&sealed));
    assert_eq!(both.open("t", Column::Secret, &sealed).unwrap(), secret);
    let again = both.seal("t", Column::Secret, &secret).unwrap();
    assert!(both.is_current(&again));

    let new = sealer(EncryptionKeys::new(key(2)));
    assert_eq!(new.open("t", Column::Secret, &again).unwrap(), secret);
    let error = new.open("t", Column::Secret, &sealed).unwrap_err();
    assert_eq!(error.code(), "unknown_encryption_key");
}

#[test]
fn plain_text_is_read_until_refused() {
    let secret = SharedSecret::new(SECRET).unwrap();
    let none = Sealer::new(None, true).unwrap();
    let plain = none.seal("t", Column::Secret, &secret).unwrap();
    assert_eq!(none.open("t", Column::Secret, &plain).unwrap(), secret);
    let lenient = sealer(EncryptionKeys::new(key(1)));
    assert_eq!(lenient.open("t", Column::Secret, &plain).unwrap(), secret);
    let strict = sealer(EncryptionKeys::new(key(1)).refuse_plain_text());
    let error = strict.open("t", Column::Secret, &plain).unwrap_err();
    assert_eq!(error.code(), "plain_text_refused");
}

#[test]
fn empty_secret_in_a_row_is_no_secret() {
    let none = Sealer::new(None, true).unwrap();
    let empty = super::Sealed {
        key_id: None,
        bytes: Vec::new(),
    };
    let error = none.open("t", Column::Secret, &empty).unwrap_err();
    assert_eq!(error.code(), "store_corrupt");
}
