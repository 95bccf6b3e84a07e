//! Strict base64url: no padding, no trailing bits, no white space, nothing outside its alphabet.
//!
//! A token is mostly base64url, and it is read on every request: by a crate that reads many characters at
//! a time, in a tenth of the time of one that reads them one by one.

/// Appends the bytes a text stands for. `None` when it is not strict base64url; something may have
/// been appended then.
pub(super) fn decode(text: &str, into: &mut Vec<u8>) -> Option<()> {
    crate::gate::work::count(text.len());
    base64_simd::URL_SAFE_NO_PAD.decode_append(text, into).ok()
}

/// Appends bytes as base64url without padding.
pub(super) fn encode(bytes: &[u8], into: &mut String) {
    base64::Engine::encode_string(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        bytes,
        into,
    );
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::decode;

    fn ours(text: &str) -> Option<Vec<u8>> {
        let mut bytes = b"before".to_vec();
        decode(text, &mut bytes)?;
        Some(bytes.split_off(6))
    }

    #[test]
    fn every_short_text_reads_as_the_library_reads_it() {
        let characters = b"AQBgwz0-_9+/= .\n\x7f\xc3";
        let mut texts = vec![Vec::new()];
        for _ in 0..4 {
            let longer = texts.iter().flat_map(|t: &Vec<u8>| {
                characters.iter().map(move |c| {
                    let mut t = t.clone();
                    t.push(*c);
                    t
                })
            });
            let longer: Vec<_> = longer.collect();
            texts.extend(longer);
            texts.sort();
            texts.dedup();
        }
        for text in texts.iter().filter_map(|t| std::str::from_utf8(t).ok()) {
            assert_eq!(ours(text), URL_SAFE_NO_PAD.decode(text).ok(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(bytes: Vec<u8>) {
            let text = URL_SAFE_NO_PAD.encode(&bytes);
            prop_assert_eq!(ours(&text), Some(bytes));
        }

        #[test]
        fn any_text_reads_as_the_library_reads_it(text in "[A-Za-z0-9_=+/é-]{0,40}") {
            prop_assert_eq!(ours(&text), URL_SAFE_NO_PAD.decode(&text).ok());
        }

        /// One character of a long text is another one, anywhere.
        #[test]
        fn a_long_text_reads_as_the_library_reads_it(
            text in "[A-Za-z0-9_-]{0,300}",
            at in 0_usize..300,
            other in any::<char>(),
        ) {
            let mut text = text;
            if at < text.len() {
                text.replace_range(at..=at, other.encode_utf8(&mut [0; 4]));
            }
            prop_assert_eq!(ours(&text), URL_SAFE_NO_PAD.decode(&text).ok());
        }

        #[test]
        fn a_long_text_with_a_character_of_one_byte_reads_as_the_library_reads_it(
            text in "[A-Za-z0-9_-]{1,300}",
            at in 0_usize..300,
            other in 0_u8..128,
        ) {
            let mut bytes = text.into_bytes();
            let at = at.min(bytes.len().saturating_sub(1));
            bytes[at] = other;
            let text = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(ours(&text), URL_SAFE_NO_PAD.decode(&text).ok());
        }
    }
}
